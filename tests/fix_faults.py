"""Shared by the fault suites: figures for the report, and how much to run."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

FIGURE = "figure"


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines for the end of the report: runs, faults, violations."""
    lines: list[str] = []
    yield lines
    # From another process, only a test's properties reach the report.
    request.node.user_properties += [(FIGURE, line) for line in lines]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    lines = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "teardown"
        for name, value in report.user_properties
        if name == FIGURE
    ]
    if lines:
        terminalreporter.section("faults")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture(scope="session")
def everything() -> bool:
    """True for `make faults`, which runs what CI has no time for."""
    return os.environ.get("FAULTS") == "all"
