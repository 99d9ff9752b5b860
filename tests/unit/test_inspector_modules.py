"""Runs the unit tests of the inspector's JavaScript modules."""

import subprocess
from pathlib import Path

import pytest

TESTS = sorted((Path(__file__).parent / "inspector").glob("*.test.js"))


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_module_passes_its_tests(file: Path) -> None:
    run = subprocess.run(
        ["node", "--test", str(file)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
