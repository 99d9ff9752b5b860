"""Disk, connections and memory run out, and clocks disagree: runs still end well."""

import logging
import os
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import time_machine
from moto import mock_aws
from psycopg import sql

from invoice_export.adapters import part_body
from invoice_export.contracts.workflow.run import RunRef
from local.config import APP_ROLE, Laptop
from tests.faults import laboratory
from tests.faults.injector import Died
from tests.faults.invariants import violations
from tests.faults.laboratory import Laboratory
from tests.fix_postgres import TEMPLATE

MEGABYTE = 1024 * 1024
DATABASE = "faults_limits"
# The template takes a third of it.
DISK = "48m"
NAME = "SELECT customer_name FROM invoices WHERE id = %s"
FILL = "INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, %s)"
RENAME = "UPDATE invoices SET customer_name = %s WHERE id = %s"
# glibc maps what is above 32 MB anew, so no memory that the process has freed serves.
LARGE_TEXT = 64 * MEGABYTE
ALICES = "SELECT id FROM invoices WHERE organization_id = 'org_acme' LIMIT 1"

Trouble = Callable[[Laboratory, Path], AbstractContextManager[None]]


@dataclass
class Bout:
    """A trouble from the first page on, for so many failures or until the end."""

    begin: Callable[[], AbstractContextManager[None]]
    failures: int | None
    stack: ExitStack = field(default_factory=ExitStack)
    began: bool = False

    def enter(self, lab: Laboratory, ref: RunRef, state: str, count: int) -> None:
        if (state, count, self.began) == ("Write Page", 1, False):
            self.began = True
            self.stack.enter_context(self.begin())

    def wait(self, error: str, seconds: float) -> None:
        if self.failures is not None:
            self.failures -= 1
            if self.failures == 0:
                self.stack.close()


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    """A file system of 48 MB, for the tests that fill it."""
    with tempfile.TemporaryDirectory(prefix="invoice-export-disk-") as folder:
        # PostgreSQL runs as nobody and must enter the folder.
        Path(folder).chmod(0o755)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=777", "tmpfs", folder]
        if os.geteuid() or subprocess.run(mount, check=False).returncode:
            pytest.skip("only root, with the right to mount, can make a small disk")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def lab(cluster: Laptop, disk: Path) -> Iterator[Laboratory]:
    """A laboratory whose database lies on the small disk."""
    space = disk / "database"
    space.mkdir()
    space.chmod(0o777)
    with (
        psycopg.connect(
            cluster.url_of("postgres", "postgres"), autocommit=True
        ) as admin,
        mock_aws(),
    ):
        os.chown(space, psutil.Process(_server_of(admin)).uids().real, -1)
        _do(admin, "CREATE TABLESPACE small LOCATION {}", sql.Literal(str(space)))
        _do(
            admin,
            "CREATE DATABASE {} TEMPLATE {} TABLESPACE small",
            sql.Identifier(DATABASE),
            sql.Identifier(TEMPLATE),
        )
        built = Laboratory.build(
            cluster.url_of(APP_ROLE, DATABASE), cluster.url_of("postgres", DATABASE)
        )
        built.reset()
        # Empty tables end at once, so that each row to come takes room.
        built.admin.execute("VACUUM")
        try:
            yield built
        finally:
            for db in (built.db, *built.idle):
                db.close()
            built.admin.close()
            logging.getLogger().removeHandler(built.log)
            _do(admin, "DROP DATABASE {} WITH (FORCE)", sql.Identifier(DATABASE))
            admin.execute("DROP TABLESPACE small")
            space.rmdir()


def _server_of(admin: psycopg.Connection) -> int:
    row = admin.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])


def _do(admin: psycopg.Connection, statement: Any, *parts: sql.Composable) -> None:
    admin.execute(sql.SQL(statement).format(*parts))


@contextmanager
def database_disk_full(lab: Laboratory, disk: Path) -> Iterator[None]:
    """Another table takes all of the disk."""
    lab.admin.execute("CREATE TABLE filler (text text)")
    for rows in (10_000, 1_000, 100, 10, 1):
        with suppress(psycopg.errors.DiskFull):
            while True:
                lab.admin.execute(FILL, [rows])
    yield
    lab.admin.execute("DROP TABLE filler")


@contextmanager
def no_connections(lab: Laboratory, disk: Path) -> Iterator[None]:
    """Other clients hold all connections, up to ``max_connections``."""
    lab.db.close()
    held: list[psycopg.Connection] = []
    try:
        while True:
            held.append(psycopg.connect(lab.app_url))
    except psycopg.OperationalError:
        yield
    finally:
        for connection in held:
            connection.close()


@contextmanager
def worker_disk_full(lab: Laboratory, disk: Path) -> Iterator[None]:
    """Every part goes to a disk on which another file takes all room."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(part_body, "SPOOL_BYTES", 0)
        patch.setattr(tempfile, "tempdir", str(disk))
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(MEGABYTE)):
                pass
        yield
        filler.unlink()


@contextmanager
def worker_out_of_memory(lab: Laboratory, disk: Path) -> Iterator[None]:
    """A row is larger than all the memory that a worker may still take."""
    (row,) = lab.rows(ALICES)
    (before,) = lab.rows(NAME, row["id"])
    lab.rows(RENAME, "x" * LARGE_TEXT, row["id"])
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(laboratory.FUNCTIONS, "WritePage", _write_with_little_memory)
            yield
    finally:
        lab.rows(RENAME, before["customer_name"], row["id"])


def _write_with_little_memory(lab: Laboratory, payload: dict[str, Any]) -> Any:
    """Write the page in a process that may take 8 MB more; Lambda would kill it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        taken = psutil.Process().memory_info().vms + 8 * MEGABYTE
        resource.setrlimit(resource.RLIMIT_AS, (taken, taken))
        lab.db = lab.new_database()
        try:
            laboratory.write_page(lab, payload)
            os.write(write, b"written")
        except BaseException as exc:  # noqa: BLE001 - the parent judges it
            os.write(write, f"{type(exc).__name__}: {exc}".lower().encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        told = answer.read().decode()
    os.waitpid(child, 0)
    assert "memory" in told
    raise Died


TROUBLES: dict[str, tuple[Trouble, str, str]] = {
    "the database's disk is full": (
        database_disk_full,
        "DiskFull: could not extend file",
        "DATABASE_UNAVAILABLE",
    ),
    "the database has no connection left": (
        no_connections,
        "remaining connection slots are reserved",
        "DATABASE_UNAVAILABLE",
    ),
    "the worker's disk is full": (worker_disk_full, "is full", "WORKER_DISK_FULL"),
    "the worker has no memory left": (
        worker_out_of_memory,
        "the process died",
        "WORKER_DIED",
    ),
}


@pytest.mark.parametrize("lasts", ["three attempts", "longer than all retries"])
@pytest.mark.parametrize("name", TROUBLES)
def test_a_run_survives_a_limit_or_says_what_it_was(
    lab: Laboratory, disk: Path, monkeypatch: pytest.MonkeyPatch, name: str, lasts: str
) -> None:
    trouble, words, code = TROUBLES[name]
    passes = lasts == "three attempts"
    bout = Bout(lambda: trouble(lab, disk), failures=3 if passes else None)
    lab.script = bout.enter
    monkeypatch.setattr(lab, "_wait", bout.wait)
    run_id = lab.click("user_alice")
    assert run_id is not None
    with bout.stack:
        lab.drive()
    assert bout.began
    causes = [
        event["cause"]
        for history in lab.outputs
        for event in history
        if "cause" in event
    ]
    assert any(words in cause for cause in causes), causes
    lab.settle()
    assert violations(lab) == []
    run = lab.run(run_id)
    if passes:
        assert (run["status"], run["error_code"]) == ("completed", None)
    else:
        assert (run["status"], run["error_code"]) == ("failed", code)
        lab.script = None
        lab.retry(run_id, "user_alice")
        lab.settle()
        assert (violations(lab), lab.run(run_id)["status"]) == ([], "completed")


@pytest.mark.parametrize("minutes", [10, -10])
def test_workers_and_database_may_disagree_about_the_time(
    lab: Laboratory, minutes: int
) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes)):
        for user in ("user_alice", "user_bob", "user_dave"):
            lab.click(user)
        lab.settle()
    assert violations(lab) == []
    assert {run["status"] for run in lab.rows("SELECT status FROM exports")} == {
        "completed"
    }
