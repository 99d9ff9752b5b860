"""What the API answers while the database's disk or its connections are used up."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from local.config import Laptop
from tests.fix_api import Answer, Call
from tests.fix_postgres import TestDatabase
from tests.fix_world import World

EXPORTS = "/api/organizations/org_acme/exports"


@pytest.fixture
def small_disk(cluster: Laptop) -> Iterator[Path]:
    """A file system of 1 MiB that PostgreSQL may use."""
    with tempfile.TemporaryDirectory(prefix="invoice-export-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        if os.geteuid() or subprocess.run(mount, check=False).returncode:
            pytest.skip("only root, with the right to mount, can make a small disk")
        with psycopg.connect(cluster.url_of("postgres", "postgres")) as admin:
            server = psutil.Process(admin.info.backend_pid)
            os.chown(folder, server.uids().real, -1)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    yield
    filler.unlink()


def assert_refused_for_now(answer: Answer) -> None:
    assert (answer.status, answer.body["code"]) == (503, "DATABASE_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0


def test_start_on_a_full_disk_is_refused_for_now(
    world: World, api: Call, cluster: Laptop, database: TestDatabase, small_disk: Path
) -> None:
    with psycopg.connect(
        cluster.url_of("postgres", database.name), autocommit=True
    ) as admin:
        admin.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
        # It is empty, so its first row needs room.
        table = "ALTER TABLE invoice_export.execution_starts SET TABLESPACE"
        admin.execute(f"{table} small")
        try:
            with full(small_disk):
                assert_refused_for_now(api("POST", EXPORTS))
                assert world.rows("SELECT FROM exports WHERE status = 'running'") == []
            assert api("POST", EXPORTS).status == 202
        finally:
            admin.execute(f"{table} pg_default")
            admin.execute("DROP TABLESPACE small")


def test_request_without_a_connection_is_refused_for_now(
    world: World, api: Call, database: TestDatabase
) -> None:
    world.db.close()
    with ExitStack() as held:
        with suppress(psycopg.OperationalError):
            while True:
                held.callback(psycopg.connect(database.app_url).close)
        assert_refused_for_now(api("POST", EXPORTS))
        assert_refused_for_now(api("GET", EXPORTS))
    assert api("POST", EXPORTS).status == 202
