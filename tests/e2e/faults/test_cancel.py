"""Cancels a run on the engine while its pages are being read."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from local.aws import aws_client
from local.config import Laptop
from local.executions import execution_arn
from tests.e2e.conftest import ON_LOCALSTACK, Tenant
from tests.e2e.faults.holds import held, start_held, superuser

PAGES, AT_ONCE = 20, 4
WAITING_READERS = """
SELECT count(*) FROM pg_locks
WHERE NOT granted AND relation = 'invoices'::regclass AND mode = 'AccessShareLock'
"""


def test_cancelled_run_begins_no_more_pages(
    make_tenant: Callable[..., Tenant], holds: None, figures: list[str]
) -> None:
    tenant = make_tenant(invoices=PAGES * 500, roles=("owner", "member"))
    with no_page_is_read(tenant) as (run, following):
        answer = tenant.http().post(f"{tenant.path}/{run}/cancel")
        cancelled = datetime.now(UTC)
        assert answer.status_code == 200, answer.text
        assert tenant.watch(run)["status"] == "cancelled"
        if not ON_LOCALSTACK:
            assert end_of(tenant, f"{run}-1")["status"] == "ABORTED"
    tenant.wait(following)
    # LocalStack waits for running tasks, and may then report the execution as failed.
    ended = end_of(tenant, f"{run}-1")
    begun = pages_begun(tenant, f"{run}-1")
    stopped = (ended["stopDate"] - cancelled).total_seconds()
    figures.append(
        f"cancel: {len(begun)} of {PAGES} pages begun before the API confirmed the"
        f" cancellation; the execution ended {stopped:+.1f} s from then"
    )
    assert 1 <= len(begun) <= AT_ONCE
    assert [moment for moment in begun if moment > cancelled] == []
    assert (
        tenant.stack.sql(tenant.id, "SELECT FROM export_pages WHERE run_id = %s", run)
        == []
    )
    assert [r["actor"] for r in tenant.audit(run) if "cancelled" in r["action"]] == [
        tenant.users[0]
    ]


@contextmanager
def no_page_is_read(tenant: Tenant) -> Iterator[tuple[str, str]]:
    """Start two runs and block the first one's page workers on the invoices table."""
    laptop = tenant.stack.laptop
    with superuser(laptop) as admin:
        admin.autocommit = False
        with held(laptop, "plan", tenant.id) as hold:
            first, second = tenant.users
            runs = [start_held(tenant, first), tenant.start(second)]
            # The worker has planned its pages and is about to record them.
            hold.wait()
            admin.execute("LOCK TABLE invoices IN ACCESS EXCLUSIVE MODE")
        wait_for_readers(laptop)
        yield runs[0], runs[1]
        admin.rollback()


def wait_for_readers(laptop: Laptop) -> None:
    deadline = time.monotonic() + 60
    with superuser(laptop) as looker:
        while time.monotonic() < deadline:
            row = looker.execute(WAITING_READERS).fetchone()
            if row is not None and row[0]:
                return
            time.sleep(0.05)
    raise AssertionError("no page worker is waiting to read")


def end_of(tenant: Tenant, execution: str) -> Any:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ended = step_functions(tenant).describe_execution(
            executionArn=execution_arn(tenant.stack.facts, execution)
        )
        if ended["status"] != "RUNNING":
            return ended
        time.sleep(0.1)
    raise AssertionError("the execution is still running")


def pages_begun(tenant: Tenant, execution: str) -> list[datetime]:
    """Return when each task after the first, the planning task, was scheduled."""
    pages = step_functions(tenant).get_paginator("get_execution_history")
    events = pages.paginate(executionArn=execution_arn(tenant.stack.facts, execution))
    _, *begun = [
        event["timestamp"]
        for event in events.search("events")
        if event["type"] == "TaskScheduled"
    ]
    return begun


def step_functions(tenant: Tenant) -> Any:
    return aws_client(tenant.stack.laptop, "stepfunctions")
