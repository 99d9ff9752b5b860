"""Runs the unit tests of the JavaScript modules: package and inspector."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTS = sorted([*HERE.glob("inspector/*.test.js"), *HERE.glob("web/*.test.js")])


@pytest.mark.parametrize(
    "file", TESTS, ids=lambda file: str(file.relative_to(HERE).as_posix())
)
def test_module_passes_its_tests(file: Path) -> None:
    run = subprocess.run(
        ["node", "--test", str(file)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
