"""An exported audit log carries its proof, in every format."""

import gzip
from pathlib import Path

import pytest

from invoice_export import formats
from tests.driver import asking
from tests.fix_world import World
from tests.integration.test_audit_chain import NAUGHTY, ORG, PAYLOADS, append
from tools.audit.__main__ import CANNOT_TELL, CHANGED, UNCHANGED, main

NAMES = sorted(formats.load())


def exported(world: World, folder: Path, **options: object) -> Path:
    run = world.start(request=asking(dataset="audit-log", **options)).run
    assert world.run_to_end(run.ref) == "completed"
    file = folder / world.run(run.id)["object_key"].rpartition("/")[2]
    file.write_bytes(world.file(run.id))
    return file


@pytest.fixture
def naughty(world: World) -> None:
    for text in NAUGHTY:
        append(world.db, ORG, action=text, subject=text, actor=text)
    for payload in PAYLOADS:
        append(world.db, ORG, payload=payload)


@pytest.mark.usefixtures("naughty")
@pytest.mark.parametrize("name", NAMES)
def test_file_of_each_format_proves_its_records(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    file = exported(world, tmp_path, format=name)
    assert main(["--file", str(file), "--org", ORG], {}) == UNCHANGED
    count = len(NAUGHTY) + len(PAYLOADS) + 3
    assert f"{count} records, 1 to {count}, nothing was changed" in (
        capsys.readouterr().out
    )


@pytest.mark.usefixtures("naughty")
def test_dialect_of_a_file_does_not_matter(world: World, tmp_path: Path) -> None:
    file = exported(world, tmp_path, preset="excel", timeZone="Europe/Berlin")
    assert main(["--file", str(file), "--org", ORG], {}) == UNCHANGED


def test_changed_file_is_found(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = exported(world, tmp_path, format="csv.gz")
    text = gzip.decompress(file.read_bytes()).decode()
    lines = text.split("\r\n")
    file.write_text(text.replace("user_bob", "user_eve"), newline="")
    assert main(["--file", str(file)], {}) == CHANGED
    assert "altered: record 1" in capsys.readouterr().out
    file.write_text("\r\n".join([lines[0], lines[1], *lines[3:]]), newline="")
    assert main(["--file", str(file)], {}) == CHANGED
    assert "missing: record 2 is missing" in capsys.readouterr().out
    assert main(["--file", str(file), "--filtered"], {}) == UNCHANGED


def test_file_of_another_organisation_is_found(world: World, tmp_path: Path) -> None:
    file = exported(world, tmp_path)
    assert main(["--file", str(file), "--org", "org_globex"], {}) == CHANGED


def test_file_without_the_proof_is_no_verdict(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = exported(world, tmp_path, columns=["id", "action"])
    assert main(["--file", str(file)], {}) == CANNOT_TELL
    assert "export it with seq, previousHash" in capsys.readouterr().err
