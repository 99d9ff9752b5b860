"""Digests outside the database show what its owner wrote anew."""

from datetime import date
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from botocore.exceptions import ClientError

from invoice_export.adapters.digests import Digests
from invoice_export.steps.digest_audit_log import digest_audit_log
from tests.fix_postgres import TestDatabase
from tests.fix_world import World
from tests.integration.test_audit_chain import ORG, append
from tests.tampering import rewrite, unbound
from tools.audit.__main__ import CANNOT_TELL, CHANGED, UNCHANGED, main

BUCKET = "locked-digests"
DAYS = [date(2026, 11, day) for day in (24, 25, 26)]
KEYS = [f"audit-digests/{day.isoformat()}.json" for day in DAYS]


@pytest.fixture
def s3(world: World) -> Any:
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    client.put_object_lock_configuration(
        Bucket=BUCKET,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}},
        },
    )
    return client


@pytest.fixture
def days(world: World, s3: Any) -> None:
    """Three days with a record of each organisation on each, and their digests."""
    digests = Digests(s3, BUCKET)
    for day in DAYS:
        append(world.db, ORG)
        append(world.db, "org_globex")
        assert digest_audit_log(world.db, digests, day)


def verify(database: TestDatabase, *arguments: str) -> int:
    environment = {"DATABASE_URL": database.owner_url}
    return main(["--digests", f"s3://{BUCKET}", *arguments], environment)


@pytest.mark.usefixtures("days")
def test_untouched_log_agrees_with_its_digests(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(database) == UNCHANGED
    assert "org_globex: 3 records, nothing was changed" in capsys.readouterr().out


@pytest.mark.usefixtures("days")
def test_a_day_has_one_digest(world: World, s3: Any, database: TestDatabase) -> None:
    append(world.db, ORG)
    assert not digest_audit_log(world.db, Digests(s3, BUCKET), DAYS[-1])
    assert len(s3.list_object_versions(Bucket=BUCKET)["Versions"]) == len(DAYS)
    assert verify(database) == UNCHANGED


@pytest.mark.usefixtures("days")
def test_nobody_deletes_a_digest_before_its_time(s3: Any) -> None:
    version = s3.head_object(Bucket=BUCKET, Key=KEYS[0])["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=BUCKET, Key=KEYS[0], VersionId=version)


@pytest.mark.usefixtures("days")
def test_log_that_its_owner_wrote_anew_is_found(
    world: World, database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    with unbound(database.owner_url) as owner:
        owner.execute(
            "UPDATE audit_logs SET actor = 'user_mallory'"
            " WHERE organization_id = 'org_acme' AND seq = 4"
        )
        rewrite(owner, ORG)
    assert main([], {"DATABASE_URL": database.owner_url}) == UNCHANGED
    assert "Without digests nobody can tell" in capsys.readouterr().out
    assert verify(database) == CHANGED
    told = capsys.readouterr().out
    assert f"org_acme: rewritten: record 4 is another one than in digest {KEYS[1]}" in (
        told
    )
    assert "docs/runbook.md" in told


@pytest.mark.usefixtures("days")
def test_end_that_its_owner_cut_off_is_found(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    with unbound(database.owner_url) as owner:
        owner.execute(
            "DELETE FROM audit_logs WHERE organization_id = 'org_globex' AND seq = 3"
        )
        owner.execute(
            "UPDATE lanes l SET audit_seq = a.seq, audit_hash = a.hash"
            " FROM audit_logs a WHERE l.organization_id = 'org_globex'"
            " AND a.organization_id = 'org_globex' AND a.seq = 2"
        )
    assert main([], {"DATABASE_URL": database.owner_url}) == UNCHANGED
    assert verify(database) == CHANGED
    assert f"record 3 is missing, and digest {KEYS[2]} has it" in (
        capsys.readouterr().out
    )


@pytest.mark.usefixtures("days")
def test_organisation_that_vanished_is_found_unless_it_was_forgotten_on_purpose(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(database.owner_url) as owner:
        owner.execute("SELECT invoice_export.forget_organization('org_globex')")
    assert verify(database) == CHANGED
    assert "org_globex: missing: record 1 is missing" in capsys.readouterr().out
    assert verify(database, "--forgotten", "org_globex") == UNCHANGED


@pytest.mark.usefixtures("days")
def test_digest_that_was_written_over_or_hidden_is_found(
    database: TestDatabase, s3: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEYS[0], Body=b"{}", ChecksumAlgorithm="SHA256")
    s3.delete_object(Bucket=BUCKET, Key=KEYS[1])
    assert verify(database) == CHANGED
    told = capsys.readouterr().out
    assert f"digests: rewritten: digest {KEYS[0]} was written 2 times" in told
    assert f"digests: missing: somebody deleted digest {KEYS[1]}" in told


@pytest.fixture
def folder(s3: Any, days: None, tmp_path: Path) -> Path:
    for key in KEYS:
        body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        (tmp_path / Path(key).name).write_bytes(body)
    return tmp_path


def test_digests_of_a_folder_are_read_too(database: TestDatabase, folder: Path) -> None:
    environment = {"DATABASE_URL": database.app_url}
    assert main(["--digests", str(folder)], environment) == UNCHANGED


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda day: day.unlink(), "digest audit-digests/2026-11-25.json is missing"),
        (
            lambda day: day.write_bytes(day.read_bytes() + b" "),
            "digest audit-digests/2026-11-25.json is not the one",
        ),
        (
            lambda day: day.with_name("2026-11-25a.json").write_bytes(day.read_bytes()),
            "digest audit-digests/2026-11-25a.json was added",
        ),
    ],
)
def test_changed_digest_of_a_folder_is_found(
    database: TestDatabase,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    change: Any,
    text: str,
) -> None:
    change(folder / "2026-11-25.json")
    environment = {"DATABASE_URL": database.owner_url}
    assert main(["--digests", str(folder)], environment) == CHANGED
    assert text in capsys.readouterr().out


def test_what_cannot_be_read_is_no_verdict(
    tmp_path: Path, database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "2026-11-25.json").write_text("no digest")
    environment = {"DATABASE_URL": database.owner_url}
    assert main(["--digests", str(tmp_path)], environment) == CANNOT_TELL
    assert "cannot read the digests" in capsys.readouterr().err
    away = {"DATABASE_URL": "postgresql://me:hidden@127.0.0.1:1/none"}
    assert main([], away) == CANNOT_TELL
    assert "hidden" not in capsys.readouterr().err
