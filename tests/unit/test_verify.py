"""`make verify` checks a downloaded file against its manifest."""

from pathlib import Path

import pytest

from tests.unit.test_data_path import manifest_of
from tools.verify import VerificationError, main, verify_file


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    path.write_text(manifest_of(b"one", b"two").to_json())
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "invoices.csv"
    path.write_bytes(b"onetwo")
    return path


def test_verify_says_that_a_file_is_complete(
    file: Path, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(file), str(manifest)]) == 0
    assert "is complete: 2 rows in 2 parts" in capsys.readouterr().out


def test_verify_fails_for_a_changed_file(
    file: Path, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(b"onetwO")
    assert main([str(file), str(manifest)]) == 1
    assert "part 2: its SHA-256" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["invoices.csv"], ["", ""]])
def test_verify_without_both_files_says_how_to_call_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert "make verify FILE=" in capsys.readouterr().err


def test_verify_names_a_file_that_it_cannot_read(
    tmp_path: Path, manifest: Path
) -> None:
    with pytest.raises(VerificationError, match=r"no\.csv: No such file"):
        verify_file(tmp_path / "no.csv", manifest)


def test_verify_rejects_other_json(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}")
    with pytest.raises(VerificationError, match="is not the manifest"):
        verify_file(file, other)
