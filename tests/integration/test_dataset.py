"""One definition describes what is exported: a second table proves it end to end."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from invoice_export.contracts.http import StartExportRequest
from invoice_export.domain.emails import EmailKind
from invoice_export.store import exported_rows
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from tests.fix_api import Call
from tests.fix_postgres import TestDatabase
from tests.fix_time_entries import INSERT, MONDAY, TIME_ENTRIES, entries
from tests.fix_world import BUCKET, World

HEADER = b'note,startedAt,order,day,approvedAt,billable,"hours, decimal",details,'
HEADER += b"entryId,stoppedAt\r\n"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

# An independent export: PostgreSQL supplies the values, and the formatting is
# repeated here.


def text(value: str | None) -> str | None:
    return f"'{value}" if value and value.startswith(FORMULA) else value


def time(value: datetime | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def flag(value: bool | None) -> str | None:
    return None if value is None else str(value)[0].lower()


WRITTEN: dict[str, Callable[[Any], str | None]] = {
    "note": text,
    "begun": time,
    "order": text,
    "worked_on": str,
    "approved": time,
    "billable": flag,
    "hours": str,
    "details": lambda value: value,
    "entry": str,
    "stopped": time,
}


def quoted(cell: str | None) -> str:
    if cell is None:
        return ""
    if cell == "" or set(cell) & set(',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def expected_rows(world: World, org: str, names: list[str] | None = None) -> bytes:
    rows = world.rows(
        'SELECT note, begun, "order", worked_on, approved, billable, hours,'
        " details::text AS details, entry, stopped"
        " FROM tracking.time_entries WHERE tenant = %s",
        org,
        org=org,
    )
    rows.sort(key=lambda row: (row["begun"], row["entry"]))
    lines = [
        ",".join(quoted(WRITTEN[name](row[name])) for name in names or WRITTEN) + "\r\n"
        for row in rows
    ]
    return "".join(lines).encode()


@pytest.mark.parametrize("consistency", ["pages", "snapshot"])
@pytest.mark.parametrize("file_format", ["csv", "csv.gz"])
def test_another_table_equals_an_independent_export(
    time_world: World, file_format: str, consistency: str
) -> None:
    request = StartExportRequest.parse(
        {"format": file_format, "consistency": consistency}
    )
    run = time_world.start(request=request).run
    assert time_world.run_to_end(run.ref) == "completed"
    file = time_world.file(run.id)
    if file_format == "csv.gz":
        file = gzip.decompress(file)
    assert file == HEADER + expected_rows(time_world, "org_acme")
    row = time_world.run(run.id)
    assert (row["row_count"], row["pages_done"], row["pages_total"]) == (260, 6, 6)


def test_rows_of_another_organisation_stay_invisible(time_world: World) -> None:
    with time_world.db.tenant("org_acme") as tx:
        assert exported_rows.count(tx, "org_globex") == 0
    with time_world.db.system() as tx:
        assert exported_rows.count(tx, "org_acme") == 0
    files = {}
    for org, user in (("org_acme", "user_alice"), ("org_globex", "user_dave")):
        run = time_world.start(org, user).run
        assert time_world.run_to_end(run.ref) == "completed"
        files[org] = time_world.file(run.id, org)
        assert files[org] == HEADER + expected_rows(time_world, org)
    ids = {str(entry[0]).encode() for entry in entries("org_globex", 70)}
    assert not [entry for entry in ids if entry in files["org_acme"]]


def test_rows_recorded_after_the_plan_stay_outside(time_world: World) -> None:
    before = expected_rows(time_world, "org_acme")
    run = time_world.start().run
    pages = time_world.plan(run.ref)
    late = list(entries("org_acme", 300))[-1]
    backdated = (*late[:4], MONDAY, *late[5:])
    time_world.rows(INSERT, *backdated)
    for page in pages:
        time_world.write(run.ref, page)
    time_world.compose(run.ref)
    assert time_world.file(run.id) == HEADER + before


@pytest.mark.parametrize(
    "names",
    [
        ("begun", "stopped", "note"),
        ("note", "begun"),
        ("note", "stopped", "begun"),
        ("note", "approved", "stopped", "begun"),
        ("stopped",),
        ("stopped", "approved"),
    ],
)
def test_times_come_out_right_wherever_they_stand(
    time_world: World, database: TestDatabase, names: tuple[str, ...]
) -> None:
    by_name = {column.name: column for column in TIME_ENTRIES.columns}
    columns = tuple(replace(by_name[name], header=name) for name in names)
    db = Database(connector(database.app_url), replace(TIME_ENTRIES, columns=columns))
    time_world.db.close()
    time_world.db = db
    run = time_world.start().run
    assert time_world.run_to_end(run.ref) == "completed"
    header = ",".join(names).encode() + b"\r\n"
    rows = expected_rows(time_world, "org_acme", list(names))
    assert time_world.file(run.id) == header + rows


@pytest.mark.parametrize(
    ("at", "cell"),
    [
        ("infinity", "infinity"),
        ("9999-12-31 23:59:59.999999+00", "9999-12-31T23:59:59.999999Z"),
        ("10000-01-01 00:00:00.5+00", "10000-01-01 00:00:00.5"),
        ("0044-03-15 10:00:00+00 BC", "0044-03-15 10:00:00 BC"),
        ("0001-01-01 00:00:00+00", "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_odd_times_are_the_same_in_the_middle_and_at_the_end(
    time_world: World, at: str, cell: str
) -> None:
    time_world.rows(
        "UPDATE tracking.time_entries SET note = 'odd', approved = %s, stopped = %s",
        at,
        at,
    )
    run = time_world.start().run
    time_world.run_to_end(run.ref)
    for row in time_world.records(run.id):
        assert (row["approvedAt"], row["stoppedAt"]) == (cell, cell)


def test_people_read_the_table_s_own_words(time_world: World, api: Call) -> None:
    run = time_world.start().run
    time_world.run_to_end(run.ref)
    (mail,) = time_world.sent()
    assert mail.subject == "Your time entry export for Acme Inc. is ready"
    assert "Your time entry export for <strong>" in mail.body
    assert "260 time entries." in mail.body
    assert "invoice" not in mail.body
    day = time_world.run(run.id)["day_bucket"]
    folder = f"exports/org_acme/{run.id}"
    assert time_world.keys(folder) == [
        f"{folder}/manifest.json",
        f"{folder}/time-entries-{day}.csv",
    ]
    manifest = json.loads(
        boto3.client("s3")
        .get_object(Bucket=BUCKET, Key=f"{folder}/manifest.json")["Body"]
        .read()
    )
    assert manifest["columns"] == [column.header for column in TIME_ENTRIES.columns]
    assert manifest["fileName"] == f"time-entries-{day}.csv"
    link = api("GET", f"/api/organizations/org_acme/exports/{run.id}/download").body
    assert link["filename"] == f"time-entries-{day}.csv"
    logs = api("GET", "/api/organizations/org_acme/audit-logs").body["auditLogs"]
    assert [log["action"] for log in logs[:3]] == [
        "export.time-entries.downloaded",
        "export.time-entries.completed",
        "export.time-entries.requested",
    ]


def test_the_page_offers_the_table_s_own_words(time_world: World, api: Call) -> None:
    assert "<b>time entries</b>" in api("GET", "/inspector", as_user=None).body


def test_a_failure_mail_has_the_table_s_own_words(time_world: World) -> None:
    run = time_world.start().run
    time_world.finish(run.ref, error="DatabaseUnavailableError")
    assert time_world.mail(run.ref, EmailKind.FAILED) == "sent"
    (mail,) = time_world.sent()
    assert mail.subject == "Your time entry export for Acme Inc. did not finish"
    assert "Your time entry export for <strong>" in mail.body


def test_nothing_to_export_is_said_in_the_table_s_own_words(
    time_world: World, api: Call
) -> None:
    run = time_world.start("org_empty", "user_frank").run
    time_world.finish(run.ref, error="EmptyResultSetError")
    path = f"/api/organizations/org_empty/exports/{run.id}"
    assert api("GET", path, as_user="user_frank").body["error"] == {
        "code": "EMPTY_RESULTSET",
        "message": TIME_ENTRIES.nothing_yet,
    }
