"""The path from database rows to file bytes, and the guarantees it gives."""

import csv
import gzip
import io
import random
import string
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID

import boto3
import psycopg
import pytest
from msgspec import structs

from invoice_export.contracts.workflow.plan_items import ALL_PAGES
from invoice_export.contracts.workflow.write_page import WritePageInput
from invoice_export.domain.manifest import differences
from invoice_export.domain.requests import ExportRequest
from invoice_export.errors import (
    InvalidInputError,
    RunNotActiveError,
    UnprocessableError,
)
from invoice_export.steps import page_parts, write_snapshot
from invoice_export.steps.plan_pages import PagePolicy
from invoice_export.steps.watch_exports import get_export
from invoice_export.steps.write_page import write_page
from invoice_export.store import exported_rows, plans
from local.config import Laptop
from tests.driver import asking
from tests.fix_postgres import TestDatabase
from tests.fix_world import BUCKET, World

GZIP = asking(format="csv.gz")
SNAPSHOT = asking(consistency="snapshot")


TIMES = [
    "2024-02-29 23:59:59+00",
    "2024-01-01 00:00:00.1+00",
    "2024-01-01 00:00:00.12+00",
    "2024-01-01 00:00:00.123+00",
    "2024-01-01 00:00:00.1234+00",
    "2024-01-01 00:00:00.12345+00",
    "2024-01-01 00:00:00.123456+00",
    "2024-01-01 00:00:00.000001+00",
    "2024-06-30 23:30:00.10-09:30",
    "0001-01-01 00:00:00+00",
    "9999-12-31 23:59:59.999999+00",
    "1883-11-18 12:03:58+00",
]
ODD_TIMES = {
    "infinity": "infinity",
    "-infinity": "-infinity",
    "10000-01-01 00:00:00.5+00": "10000-01-01 00:00:00.5",
    "0044-03-15 10:00:00+00 BC": "0044-03-15 10:00:00 BC",
}


def test_times_are_what_to_char_writes(world: World) -> None:
    for n, at in enumerate(TIMES):
        world.add_invoice(f"T-{n}", created_at=at, due_at=at)
    run = world.start().run
    world.run_to_end(run.ref)
    assert world.records(run.id) == world.expected()


def test_times_without_an_rfc_3339_form_are_kept_in_postgresql_s(world: World) -> None:
    for at in ODD_TIMES:
        world.add_invoice(f"ODD {at}", due_at=at)
    run = world.start().run
    world.run_to_end(run.ref)
    records = {row["number"]: row for row in world.records(run.id)}
    for at, cell in ODD_TIMES.items():
        row = records[f"ODD {at}"]
        assert (row["createdAt"], row["dueAt"]) == ("2024-01-01T00:00:00.000000Z", cell)


def test_times_do_not_follow_the_session_s_time_zone(database: TestDatabase) -> None:
    with psycopg.connect(database.app_url) as connection:
        connection.execute("SET TimeZone = 'Asia/Kathmandu'")
        row = connection.execute("SELECT csv_time('2024-01-01 00:00:00.5+00')")
        assert row.fetchone() == ("2024-01-01 00:00:00.500000Z",)


@pytest.mark.parametrize("request_", [None, GZIP, SNAPSHOT])
def test_manifest_describes_the_file_and_s3_agrees(
    world: World, request_: ExportRequest | None
) -> None:
    run = world.start(request=request_).run
    world.run_to_end(run.ref)
    s3, row = boto3.client("s3"), world.run(run.id)
    manifest = world.manifest(run.id)
    file = world.file(run.id)
    assert differences(manifest, io.BytesIO(file)) == []
    assert differences(manifest, io.BytesIO(file[:-1])) != []
    assert (manifest.rows, manifest.bytes) == (row["row_count"], len(file))
    head = s3.head_object(Bucket=BUCKET, Key=row["object_key"], ChecksumMode="ENABLED")
    assert head["ChecksumCRC32"] == manifest.crc32
    status = get_export(world.db, organization_id="org_acme", run_id=run.id)
    assert status.checksum == f"CRC32:{manifest.crc32}"


# Times that RFC 3339 cannot express, as PostgreSQL writes them.
UNUSUAL = {
    "-infinity": "-infinity",
    "0044-03-15 12:00:00+00 BC": "0044-03-15 12:00:00 BC",
    "10000-01-01 00:00:00.5+00": "10000-01-01 00:00:00.5",
    "infinity": "infinity",
}


@pytest.mark.parametrize("request_", [None, GZIP, SNAPSHOT])
def test_row_without_a_usual_time_does_not_block_an_export(
    world: World, request_: ExportRequest | None
) -> None:
    for at in UNUSUAL:
        world.add_invoice(f"at {at}", created_at=at)
    world.add_invoice("due at infinity", due_at="infinity")
    run = world.start(request=request_).run
    assert world.run_to_end(run.ref) == "completed"
    text = world.file(run.id)
    content = gzip.decompress(text) if request_ is GZIP else text
    records = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    found = {record["number"]: record["createdAt"] for record in records}
    for at, written in UNUSUAL.items():
        assert found[f"at {at}"] == written
    assert [record["number"] for record in records][:2] == [
        f"at {at}" for at in list(UNUSUAL)[:2]
    ]
    assert len(records) == 245
    assert world.manifest(run.id).unusual_times == 5


def test_unusual_times_of_every_column_are_counted(world: World) -> None:
    for at in UNUSUAL:
        world.add_invoice("x", created_at=at, due_at=at)
    # Another column comes last, so SQL formats created_at.
    run = world.start(request=asking(columns=["createdAt", "dueAt", "number"])).run
    assert world.run_to_end(run.ref) == "completed"
    assert world.manifest(run.id).unusual_times == 8


@pytest.mark.parametrize(
    "setting",
    [
        "client_encoding = 'LATIN1'",
        "DateStyle = 'SQL, DMY'",
        "TimeZone = 'America/New_York'",
        "bytea_output = 'escape'",
        "extra_float_digits = -15",
    ],
)
def test_settings_of_the_database_do_not_change_the_file(
    world: World, database: TestDatabase, cluster: Laptop, setting: str
) -> None:
    world.add_invoice("Ω-1", customer_name="Žluťoučký kůň 株式会社", created_at="now()")
    plain = world.start(key="before").run
    world.run_to_end(plain.ref)
    administrator = cluster.url_of("postgres", database.name)
    with psycopg.connect(administrator, autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{database.name}" SET {setting}')  # type: ignore[arg-type]
    world.db.close()
    run = world.start(key="after").run
    assert world.run_to_end(run.ref) == "completed"
    assert world.file(run.id) == world.file(plain.id)


def test_packed_file_is_one_gzip_member(world: World) -> None:
    packed, plain = world.start(request=GZIP).run, world.start().run
    world.run_to_end(packed.ref)
    world.run_to_end(plain.ref)
    row = world.run(packed.id)
    assert row["object_key"].endswith(".csv.gz")
    parts = world.keys(f"parts/org_acme/{packed.id}/")
    assert len(parts) == row["pages_total"] == 5
    assert all(key.endswith(".csv.gz") for key in parts)
    reader = zlib.decompressobj(wbits=31)
    assert reader.decompress(world.file(packed.id)) == world.file(plain.id)
    assert reader.eof
    assert reader.unused_data == b""
    manifest = world.manifest(packed.id)
    assert manifest.bytes == sum(p.bytes for p in manifest.parts) + 10


def test_same_key_with_other_options_is_refused(world: World) -> None:
    first = world.start(key="k").run
    with pytest.raises(UnprocessableError) as refusal:
        world.start(key="k", request=GZIP)
    assert refusal.value.code == "OPTIONS_DIFFER"
    assert world.start(key="k").run.id == first.id


def test_other_options_are_another_export(world: World) -> None:
    plain = world.start().run
    packed = world.start(request=GZIP)
    assert packed.run.id != plain.id
    assert world.start(request=GZIP).run.id == packed.run.id
    spelled_out = asking(format="csv", consistency="pages")
    assert world.start(request=spelled_out).run.id == plain.id


def test_key_finds_its_run_after_midnight(world: World) -> None:
    run = world.start(key="k").run
    world.run_to_end(run.ref)
    world.rows("UPDATE exports SET day_bucket = day_bucket - 9 WHERE id = %s", run.id)
    again = world.start(key="k")
    assert (again.run.id, again.deduplicated) == (run.id, True)
    assert len(world.sent()) == 1


@pytest.mark.parametrize("key", ["default", "{}", "null", "None"])
def test_no_key_means_the_same_as_no_key(world: World, key: str) -> None:
    plain = world.start().run
    keyed = world.start(key=key).run
    assert keyed.id != plain.id
    assert world.start().run.id == plain.id


def test_key_belongs_to_its_requester(world: World) -> None:
    alice = world.start(key="k", user="user_alice").run
    assert world.start(key="k", user="user_bob").run.id != alice.id


def test_key_of_a_failed_run_queues_it_again_on_any_day(world: World) -> None:
    run = world.start(key="k").run
    world.finish(run.ref, error="ExecutionLost")
    world.rows("UPDATE exports SET day_bucket = day_bucket - 1 WHERE id = %s", run.id)
    again = world.start(key="k").run
    assert (again.id, again.generation) == (run.id, 2)


# For consistency tests: each pair joins an early row to a late one, and one
# transaction always changes both.


def pair_up(world: World) -> list[tuple[str, str]]:
    rows = world.expected()
    pairs = [
        (rows[n]["id"], rows[-1 - n]["id"]) for n in range(min(40, len(rows) // 2))
    ]
    for pair in pairs:
        change_pair(world.owner, pair, 0)
    return pairs


def change_pair(owner: Any, pair: tuple[str, str], total: int) -> None:
    with owner.transaction():
        owner.execute("SELECT set_config('app.org_id', 'org_acme', true)")
        owner.execute(
            "UPDATE invoices SET total = %s WHERE id = ANY(%s)", [total, list(pair)]
        )


def torn(world: World, run_id: UUID, pairs: list[tuple[str, str]]) -> int:
    totals = {row["id"]: row["total"] for row in world.records(run_id)}
    return sum(totals[one] != totals[other] for one, other in pairs)


@contextmanager
def writer(database: TestDatabase, pairs: list[tuple[str, str]]) -> Iterator[None]:
    """Change pairs, and insert and delete extra rows, as fast as possible."""
    stop, began = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def hammer() -> None:
        try:
            with psycopg.connect(database.owner_url, autocommit=True) as owner:
                n = 0
                while not stop.is_set():
                    n += 1
                    change_pair(owner, pairs[n % len(pairs)], n)
                    with owner.transaction():
                        owner.execute(
                            "SELECT set_config('app.org_id', 'org_acme', true)"
                        )
                        owner.execute(
                            "INSERT INTO invoices (organization_id, number,"
                            " customer_name, status, total, currency, created_at)"
                            " SELECT 'org_acme', 'NEW-' || %s, 'New', 'paid', 1, 'EUR',"
                            " created_at FROM invoices"
                            " WHERE organization_id = 'org_acme' LIMIT 1",
                            [n],
                        )
                    if n == 5:
                        began.set()
        except BaseException as exc:  # noqa: BLE001 - the test's thread reports it
            failures.append(exc)
            began.set()

    thread = threading.Thread(target=hammer)
    thread.start()
    assert began.wait(10)
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
    assert failures == []


def test_pages_lose_and_repeat_nothing_under_a_hammering_writer(
    world: World, database: TestDatabase
) -> None:
    pairs = pair_up(world)
    with writer(database, pairs):
        run = world.start().run
        due = {row["id"] for row in world.expected()}
        pages = world.plan(run.ref)
        gone = pairs[3][1]
        world.rows("DELETE FROM invoices WHERE id = %s", gone)
        for page in pages:
            world.write(run.ref, page)
        world.compose(run.ref)
    ids = [row["id"] for row in world.records(run.id)]
    assert len(ids) == len(set(ids))
    planned_at = world.run(run.id)["planned_at"]
    # Some of these were not committed yet when the run was planned.
    known = world.rows(
        "SELECT id::text FROM invoices WHERE inserted_at <= %s", planned_at
    )
    assert due - {gone} <= set(ids) <= {row["id"] for row in known}
    assert gone not in ids


def test_pages_may_tear_what_one_transaction_changes(world: World) -> None:
    # A known limit: each page reads the table at a different moment.
    pairs = pair_up(world)
    run = world.start().run
    first, *others = world.plan(run.ref)
    world.write(run.ref, first)
    change_pair(world.owner, pairs[0], 1)
    for page in others:
        world.write(run.ref, page)
    world.compose(run.ref)
    assert torn(world, run.id, pairs) == 1


def test_snapshot_tears_nothing_under_a_hammering_writer(
    world: World, database: TestDatabase
) -> None:
    pairs = pair_up(world)
    with writer(database, pairs):
        run = world.start(request=SNAPSHOT).run
        assert world.run_to_end(run.ref) == "completed"
    assert torn(world, run.id, pairs) == 0
    ids = [row["id"] for row in world.records(run.id)]
    assert len(ids) == len(set(ids)) == world.run(run.id)["row_count"]
    assert {one for pair in pairs for one in pair} <= set(ids)


def test_snapshot_equals_the_table_when_nobody_writes(world: World) -> None:
    run = world.start(request=SNAPSHOT).run
    assert world.plan(run.ref) == [ALL_PAGES]
    assert world.run_to_end(run.ref) == "completed"
    assert world.records(run.id) == world.expected()
    assert world.run(run.id)["pages_done"] == 5


def test_snapshot_begins_again_when_its_worker_dies(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = pair_up(world)
    run = world.start(request=SNAPSHOT).run
    world.plan(run.ref)
    record, done = page_parts.record_page, []

    def dies_after_two(*args: Any, **kwargs: Any) -> Any:
        if len(done) == 2:
            raise SystemExit
        done.append(args)
        return record(*args, **kwargs)

    monkeypatch.setattr(write_snapshot, "record_page", dies_after_two)
    with pytest.raises(SystemExit):
        world.write(run.ref, ALL_PAGES)
    assert world.run(run.id)["pages_done"] == 2
    monkeypatch.undo()
    for pair in pairs:
        change_pair(world.owner, pair, 7)
    assert world.run_to_end(run.ref) == "completed"
    assert torn(world, run.id, pairs) == 0
    assert world.records(run.id) == world.expected()


def test_older_snapshot_cannot_replace_a_newer_one_s_part(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.start(request=SNAPSHOT).run
    world.plan(run.ref)
    put, began = page_parts.store_part, []

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        if not began:
            began.append(args)
            world.write(run.ref, ALL_PAGES)
        return put(*args, **kwargs)

    monkeypatch.setattr(write_snapshot, "store_part", overtaken)
    zombie = WritePageInput(**structs.asdict(run.ref), page=ALL_PAGES)
    with closing(world.db.second_connection()) as db, pytest.raises(RunNotActiveError):
        write_page(db, world.files, zombie)
    world.compose(run.ref)
    assert world.records(run.id) == world.expected()


@pytest.mark.parametrize(
    ("request_", "page", "message"),
    [
        (SNAPSHOT, 1, "a snapshot is written as a whole"),
        (asking(), ALL_PAGES, "only a snapshot is written as a whole"),
    ],
)
def test_only_a_snapshot_is_written_as_a_whole(
    world: World, request_: ExportRequest, page: int, message: str
) -> None:
    run = world.start(request=request_).run
    world.plan(run.ref)
    with pytest.raises(InvalidInputError) as refused:
        world.write(run.ref, page)
    assert str(refused.value) == message


def test_a_walk_in_many_steps_finds_every_row(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported_rows, "HOPS", 2)
    monkeypatch.setattr(exported_rows, "STRETCHES", 3)
    world.pages = PagePolicy(min_rows=7, max_rows=20, database_vcpus=1)
    run = world.start().run
    for page in world.plan(run.ref):
        world.write(run.ref, page)
    rows = world.rows(
        "SELECT row_count FROM export_pages WHERE run_id = %s ORDER BY page", run.id
    )
    assert sum(row["row_count"] for row in rows) == 240
    assert max(row["row_count"] for row in rows) <= 24
    world.compose(run.ref)
    assert world.records(run.id) == world.expected()


def test_pages_of_one_run_are_read_abreast(world: World) -> None:
    # A lock held during a read would make the run's pages wait for each other.
    run = world.start().run
    page, *_ = world.plan(run.ref)
    with (
        closing(world.db.second_connection()) as reader,
        reader.tenant("org_acme") as tx,
    ):
        keys = plans.get_bounds(tx, run.id, page).keys
        with page_parts.read_page(tx, asking(), page, keys):
            world.owner.execute("SET lock_timeout = '2s'")
            world.rows("SELECT 1 FROM exports WHERE id = %s FOR UPDATE NOWAIT", run.id)


@pytest.mark.parametrize("year", ["2000", "2030"])
def test_wide_rows_at_either_end_make_shorter_pages(
    world: World, monkeypatch: pytest.MonkeyPatch, year: str
) -> None:
    # The other rows are short; these would make a part too large.
    # Random letters, because PostgreSQL would pack equal ones.
    letters = random.Random(1)
    for number in range(100):
        name = "".join(letters.choices(string.ascii_letters, k=1_500))
        wide = {"customer_name": name, "created_at": f"{year}-01-01 00:00:00+00"}
        world.add_invoice(f"W-{number}", **wide)
    plain = world.start(key="plain").run
    assert len(world.plan(plain.ref)) == 7
    for module in ("domain.pages", "steps.plan_pages"):
        monkeypatch.setattr(f"invoice_export.{module}.MAX_PART_BYTES", 32_000)
    assert world.finish(plain.ref, "ExecutionLost") == "failed"
    run = world.start(key="limited", request=asking(format="xlsx")).run
    assert len(world.plan(run.ref)) == 17
    # The second plan has what the first one had.
    assert len(world.run(run.id)["column_widths"]) == len(asking().columns)
