"""Fifty organisations with six runs each, while the database keeps crashing."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from local.errors import LaptopError
from local.postgres import Postgres
from tests.e2e.conftest import Tenant
from tests.e2e.faults.test_engine import check_remains, check_run, ended

ORGANISATIONS, RUNS = 50, 6
RESTARTS_FOR_SECONDS = 180
PATIENCE_SECONDS = 1800


@pytest.mark.long
def test_soak(
    make_tenant: Callable[..., Tenant],
    own_database: Postgres,
    everything: bool,
    figures: list[str],
) -> None:
    if not everything:
        pytest.skip("runs only in `make faults`")
    tenants = [
        make_tenant(invoices=60, roles=("owner", *["member"] * (RUNS - 1)))
        for _ in range(ORGANISATIONS)
    ]
    restarts: list[float] = []

    def keep_dying() -> None:
        chance = random.Random(7)
        until = time.monotonic() + RESTARTS_FOR_SECONDS
        while time.monotonic() < until:
            time.sleep(chance.uniform(5, 20))
            own_database.crash_and_restart()
            restarts.append(time.monotonic())

    began = time.monotonic()
    killer = threading.Thread(target=keep_dying)
    killer.start()
    with ThreadPoolExecutor(8) as threads:
        runs = list(threads.map(start_all, tenants))
    killer.join()
    statuses = [
        wait_for_end(tenant, ids) for tenant, ids in zip(tenants, runs, strict=True)
    ]
    seconds = time.monotonic() - began
    found = [
        violation
        for tenant, rows in zip(tenants, statuses, strict=True)
        for violation in (
            *(
                v
                for run, status in rows.items()
                for v in check_run(tenant, run, status)
            ),
            *check_remains(tenant),
        )
    ]
    completed = sum(list(rows.values()).count("completed") for rows in statuses)
    figures.append(
        f"soak: {ORGANISATIONS} organisations x {RUNS} runs, {len(restarts)} restarts"
        f" of PostgreSQL, {completed} completed, {len(found)} violations,"
        f" {seconds:.0f} s"
    )
    assert found == []
    assert completed == ORGANISATIONS * RUNS


def start_all(tenant: Tenant) -> list[str]:
    """Each member retries the start until the API accepts it."""
    return [start_patiently(tenant, user) for user in tenant.users]


def start_patiently(tenant: Tenant, user: str) -> str:
    for _ in range(300):
        try:
            answer = tenant.http(user).post(tenant.path)
        except httpx.HTTPError:
            answer = None
        if answer is not None and answer.status_code == 202:
            return str(answer.json()["runId"])
        time.sleep(0.5)
    raise AssertionError("no start was accepted")


def wait_for_end(tenant: Tenant, runs: list[str]) -> dict[str, str]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            rows = ended(tenant, runs)
        except (psycopg.Error, LaptopError):
            rows = None
        if rows:
            return rows
        time.sleep(1)
    raise AssertionError(f"the runs of {tenant.id} are still going")
