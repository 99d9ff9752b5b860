"""`make verify`, as somebody who downloaded a file meets it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from local.cli import app
from local.errors import LaptopError
from local.verify import verify_file
from tests.unit.test_data_path import manifest_of


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    path.write_text(manifest_of(b"one", b"two").to_json())
    return path


def test_verify_says_that_a_file_is_whole(tmp_path: Path, manifest: Path) -> None:
    file = tmp_path / "invoices.csv"
    file.write_bytes(b"onetwo")
    answer = CliRunner().invoke(app, ["verify", str(file), str(manifest)])
    assert (answer.exit_code, "is whole: 2 rows in 2 parts" in answer.output) == (
        0,
        True,
    )


def test_verify_fails_for_a_changed_file(tmp_path: Path, manifest: Path) -> None:
    file = tmp_path / "invoices.csv"
    file.write_bytes(b"onetwO")
    answer = CliRunner().invoke(app, ["verify", str(file), str(manifest)])
    assert answer.exit_code == 1


def test_verify_names_what_it_cannot_read(tmp_path: Path, manifest: Path) -> None:
    with pytest.raises(LaptopError, match=r"no\.csv: No such file"):
        verify_file(tmp_path / "no.csv", manifest)
    with pytest.raises(LaptopError, match="is not a manifest"):
        verify_file(manifest, _text(tmp_path, "{}"))


def _text(folder: Path, text: str) -> Path:
    path = folder / "other.json"
    path.write_text(text)
    return path
