"""`make verify`, as somebody who downloaded a file meets it."""

from pathlib import Path

import pytest

from local.errors import LaptopError
from local.verify import main, verify_file
from tests.unit.test_data_path import manifest_of


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    path.write_text(manifest_of(b"one", b"two").to_json())
    return path


def test_verify_says_that_a_file_is_whole(
    tmp_path: Path, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "invoices.csv"
    file.write_bytes(b"onetwo")
    assert main([str(file), str(manifest)]) == 0
    assert "is whole: 2 rows in 2 parts" in capsys.readouterr().out


def test_verify_fails_for_a_changed_file(
    tmp_path: Path, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "invoices.csv"
    file.write_bytes(b"onetwO")
    assert main([str(file), str(manifest)]) == 1
    assert "part 2: its SHA-256" in capsys.readouterr().err


def test_verify_names_what_it_cannot_read(tmp_path: Path, manifest: Path) -> None:
    with pytest.raises(LaptopError, match=r"no\.csv: No such file"):
        verify_file(tmp_path / "no.csv", manifest)
    with pytest.raises(LaptopError, match="is not a manifest"):
        verify_file(manifest, _text(tmp_path, "{}"))


def _text(folder: Path, text: str) -> Path:
    path = folder / "other.json"
    path.write_text(text)
    return path
