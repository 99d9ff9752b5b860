"""What the suites about faults share: figures for the report, and how much to run."""

import os
from typing import Any

import pytest

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> list[str]:
    """Lines for the end of the report: runs, faults, violations."""
    return request.config.stash.setdefault(FIGURES, [])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    lines = config.stash.get(FIGURES, [])
    if lines:
        terminalreporter.section("faults")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture(scope="session")
def everything() -> bool:
    """Whether `make faults` runs: all of it, not only what CI has time for."""
    return os.environ.get("FAULTS") == "all"
