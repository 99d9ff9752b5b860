"""At least one test for each fault of the previous export.

tests/README.md explains the numbers. Other suites hold the tests that need the laptop
stack or an injected failure.
"""

import csv
import io
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import boto3
import psycopg
import pytest
from msgspec import structs
from psycopg.rows import dict_row

from invoice_export.contracts.workflow.reconcile_runs import Repair
from invoice_export.domain.emails import EmailKind
from invoice_export.errors import UnsafeRoleError
from invoice_export.steps.reconcile_runs import reconcile_runs
from invoice_export.steps.start_export import start_export
from invoice_export.store import plans, runs
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from tests.driver import DATASETS, asking
from tests.fix_api import Call
from tests.fix_postgres import TestDatabase
from tests.fix_world import World

INSERT = """
INSERT INTO invoices
  (organization_id, number, customer_name, status, total, currency, created_at)
SELECT 'org_empty', 'E-' || n, %s, 'paid', n, 'EUR',
       %s::timestamptz + n * %s::interval
FROM generate_series(1, %s) AS n
"""


def fill_empty(
    world: World,
    count: int,
    *,
    first: str = "2024-01-01T00:00:00Z",
    step: str = "1 minute",
    name: str = "Someone",
) -> None:
    world.rows(INSERT, name, first, step, count, org="org_empty")


def test_d01_pages_join_under_one_header(world: World) -> None:
    fill_empty(world, 1_001)
    run = world.start("org_empty", "user_frank").run
    assert len(world.plan(run.ref)) > 1
    world.run_to_end(run.ref)
    content = world.file(run.id, "org_empty")
    assert content.count(b"id,number,customerName") == 1
    assert content.endswith(b"\r\n")
    assert content.count(b"\r\n") == 1_002
    assert len(world.records(run.id, "org_empty")) == 1_001


def test_d02_fifty_starts_at_once_make_one_run(
    world: World, database: TestDatabase
) -> None:
    barrier = threading.Barrier(50)

    def start(_: int) -> str:
        db = Database(connector(database.app_url), DATASETS)
        with db.tenant("org_acme") as tx:
            runs.count_queued(tx, "org_acme")
        barrier.wait(60)
        accepted = start_export(
            db,
            organization_id="org_acme",
            requested_by="user_alice",
            idempotency_key=None,
            policy=world.lane,
            request=asking(),
        )
        db.close()
        return str(accepted.run.id)

    with ThreadPoolExecutor(50) as pool:
        found = set(pool.map(start, range(50)))
    assert len(found) == 1
    starts = world.rows(
        "SELECT count(*) FROM execution_starts"
        " WHERE created_at > now() - interval '1 day'"
    )
    assert starts[0]["count"] == 1


def test_d03_failed_run_goes_on_the_same_day(world: World, api: Call) -> None:
    run = world.start().run
    world.finish(run.ref, error="Boom")
    again = api("POST", "/api/organizations/org_acme/exports").body
    assert (again["runId"], again["status"]) == (str(run.id), "running")
    assert world.run(run.id)["generation"] == 2
    assert world.run_to_end(structs.replace(run.ref, generation=2)) == "completed"


def test_d04_the_row_tells_the_truth_in_every_state(world: World) -> None:
    run = world.start().run
    assert world.run(run.id)["status"] == "running"
    world.plan(run.ref)
    world.write(run.ref, 2)
    row = world.run(run.id)
    assert (row["pages_total"], row["pages_done"], row["rows_done"]) == (5, 1, 50)
    world.run_to_end(run.ref)
    row = world.run(run.id)
    assert (row["status"], row["pages_done"], row["rows_done"]) == ("completed", 5, 240)
    assert row["bytes_done"] == row["byte_count"] == len(world.file(run.id))
    assert str(run.id) in row["download_url"]
    assert row["completed_at"] >= row["started_at"] >= row["requested_at"]
    other = world.start(user="user_bob").run
    world.finish(other.ref, error="StorageUnavailableError")
    row = world.run(other.id)
    assert (row["status"], row["error_code"]) == ("failed", "STORAGE_UNAVAILABLE")
    assert row["error_message"]


def test_d05_start_that_died_after_its_commit_is_started_by_the_sweep(
    world: World,
) -> None:
    accepted = start_export(
        world.db,
        organization_id="org_acme",
        requested_by="user_alice",
        idempotency_key=None,
        policy=world.lane,
        request=asking(),
    )
    assert world.run(accepted.run.id)["execution_arn"] is None
    report = reconcile_runs(world.sweep)
    repair = Repair(reason="unacknowledged_start", run_id=accepted.run.id)
    assert repair in report.repaired
    arn = world.run(accepted.run.id)["execution_arn"]
    assert boto3.client("stepfunctions").describe_execution(executionArn=arn)


def test_d06_ties_and_microsecond_neighbours_are_each_exported_once(
    world: World,
) -> None:
    fill_empty(world, 600, step="0 seconds")
    fill_empty(world, 400, first="2024-02-01T00:00:00.000001Z", step="1 microsecond")
    run = world.start("org_empty", "user_frank").run
    world.run_to_end(run.ref)
    records = world.records(run.id, "org_empty")
    assert len({record["id"] for record in records}) == len(records) == 1_000
    assert records == world.expected("org_empty")


def test_d07_rows_deleted_in_mid_run_repeat_nothing(world: World) -> None:
    run = world.start().run
    pages = world.plan(run.ref)
    world.write(run.ref, pages[0])
    world.rows(
        "DELETE FROM invoices WHERE organization_id = 'org_acme' AND id IN ("
        " SELECT id FROM invoices ORDER BY created_at, id OFFSET 45 LIMIT 60)"
    )
    world.run_to_end(run.ref)
    ids = [record["id"] for record in world.records(run.id)]
    assert len(set(ids)) == len(ids)
    remaining = {record["id"] for record in world.expected()}
    assert remaining <= set(ids)


def test_d08_rows_that_come_after_planning_stay_outside(world: World) -> None:
    run = world.start().run
    world.plan(run.ref)
    before = world.expected()
    first = world.rows("SELECT min(created_at) AS at FROM invoices")[0]["at"]
    for moment in (first, first + timedelta(days=20), datetime.now(UTC)):
        world.rows(
            "INSERT INTO invoices (organization_id, number, customer_name, status,"
            " total, currency, created_at)"
            " VALUES ('org_acme', 'LATE', 'Late', 'paid', 1, 'USD', %s)",
            moment,
        )
    world.run_to_end(run.ref)
    assert world.records(run.id) == before


def test_d09_row_count_is_what_was_written(world: World) -> None:
    run = world.start().run
    pages = world.plan(run.ref)
    world.rows("DELETE FROM invoices WHERE number = 'INV-00100'")
    for page in pages:
        world.write(run.ref, page)
    world.compose(run.ref)
    records = list(csv.reader(io.StringIO(world.file(run.id).decode(), newline="")))
    assert world.run(run.id)["row_count"] == len(records) - 1 == 239


def test_d11_equal_exports_of_two_runs_are_two_mails(world: World) -> None:
    first = world.start().run
    world.run_to_end(first.ref)
    second = world.start(key="again").run
    world.run_to_end(second.ref)
    assert len(world.sent()) == 2


def test_d12_another_organisations_run_is_not_there(world: World, api: Call) -> None:
    run = world.start("org_globex", "user_dave").run
    for path in (
        f"/api/organizations/org_acme/exports/{run.id}",
        f"/api/organizations/org_globex/exports/{run.id}",
    ):
        for method, action in (
            ("GET", ""),
            ("GET", "/download"),
            ("POST", "/cancel"),
            ("POST", "/retry"),
        ):
            assert api(method, path + action, as_user="user_alice").status == 404
    assert world.run(run.id, "org_globex")["status"] == "running"


def test_d13_no_address_in_any_log(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO):
        run = world.start().run
        world.run_to_end(run.ref)
        failing = world.start(key="again").run
        world.finish(failing.ref, error="Boom")
        world.mail(failing.ref, EmailKind.FAILED)
    assert len(world.sent()) == 2
    assert "@" not in caplog.text + "".join(capsys.readouterr())


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_d14_a_cell_that_looks_like_a_formula_is_text(world: World, first: str) -> None:
    evil = first + 'HYPERLINK("http://evil.example","x")'
    fill_empty(world, 1, name=evil)
    world.rows("UPDATE invoices SET total = -5, number = %s", evil, org="org_empty")
    run = world.start("org_empty", "user_frank").run
    world.run_to_end(run.ref)
    record = world.records(run.id, "org_empty")[0]
    assert record["customerName"] == record["number"] == "'" + evil
    assert record["total"] == "-5"


def test_d15_a_role_that_row_security_does_not_bind_is_refused(
    world: World, database: TestDatabase
) -> None:
    with (
        pytest.raises(UnsafeRoleError, match="owns tables"),
        Database(connector(database.owner_url), DATASETS).tenant("org_acme"),
    ):
        pass
    with psycopg.connect(database.app_url, row_factory=dict_row) as app:
        role = app.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
        assert role is not None
        assert not any(role.values())


def test_d19_retry_keeps_id_link_and_finished_pages(world: World) -> None:
    run = world.start().run
    pages = world.plan(run.ref)
    world.write(run.ref, pages[0])
    etag = world.rows("SELECT etag FROM export_pages WHERE run_id = %s", run.id)
    world.finish(run.ref, error="Boom")
    again = world.start().run
    assert (again.id, again.generation) == (run.id, 2)
    assert world.plan(again.ref) == pages[1:]
    world.run_to_end(again.ref)
    kept = world.rows(
        "SELECT etag FROM export_pages WHERE run_id = %s AND generation = 1", run.id
    )
    assert kept == etag
    assert world.records(run.id) == world.expected()
    assert len(world.audits("completed")) == 1


def test_the_plan_is_frozen_by_whoever_comes_first(world: World) -> None:
    run = world.start().run
    world.plan(run.ref)
    with world.db.tenant("org_acme") as tx:
        before = plans.get_bounds(tx, run.id, 2)
    world.rows("DELETE FROM invoices WHERE number < 'INV-00100'")
    world.plan(run.ref)
    with world.db.tenant("org_acme") as tx:
        assert plans.get_bounds(tx, run.id, 2) == before
