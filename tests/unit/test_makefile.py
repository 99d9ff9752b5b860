"""The help that `make` prints."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGET = re.compile(r"^([a-z0-9-]+):", re.MULTILINE)


@pytest.fixture(scope="module")
def lines():
    done = subprocess.run(
        ["make", "--silent"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [line for line in done.stdout.splitlines() if line.startswith("  make ")]


def test_plain_make_lists_every_target(lines):
    listed = [line.split()[1] for line in lines]
    assert listed == TARGET.findall((ROOT / "Makefile").read_text())


def test_descriptions_line_up(lines):
    columns = {re.match(r"  make [a-z0-9-]+ +", line).end() for line in lines}
    assert len(columns) == 1


def test_command_runs_even_if_a_folder_has_its_name():
    done = subprocess.run(
        ["make", "--dry-run", "--old-file", ".venv/.stamp", "layers"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "layers.build" in done.stdout
