"""Pauses a worker inside a transaction and finds its process.

Triggers in the test database wait for an advisory lock that a test holds.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import psutil
import psycopg

from local.config import DATABASE, Laptop
from tests.e2e.conftest import Tenant

TRIGGERS = """
CREATE OR REPLACE FUNCTION hold_for_tests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtext(TG_ARGV[0] || NEW.organization_id));
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER hold_plan BEFORE UPDATE ON exports FOR EACH ROW
  WHEN (OLD.pages_total IS NULL AND NEW.pages_total IS NOT NULL)
  EXECUTE FUNCTION hold_for_tests('plan');
CREATE OR REPLACE TRIGGER hold_page BEFORE INSERT ON export_pages FOR EACH ROW
  EXECUTE FUNCTION hold_for_tests('page');
CREATE OR REPLACE TRIGGER hold_compose BEFORE UPDATE ON exports FOR EACH ROW
  WHEN (OLD.object_key IS NULL AND NEW.object_key IS NOT NULL)
  EXECUTE FUNCTION hold_for_tests('compose');
CREATE OR REPLACE TRIGGER hold_claim BEFORE UPDATE ON email_deliveries FOR EACH ROW
  WHEN (NEW.status = 'sending') EXECUTE FUNCTION hold_for_tests('claim');
CREATE OR REPLACE TRIGGER hold_sent BEFORE UPDATE ON email_deliveries FOR EACH ROW
  WHEN (NEW.status = 'sent') EXECUTE FUNCTION hold_for_tests('sent');
CREATE OR REPLACE TRIGGER hold_finish BEFORE UPDATE ON exports FOR EACH ROW
  WHEN (OLD.status = 'running' AND NEW.status = 'completed')
  EXECUTE FUNCTION hold_for_tests('finish');
"""
POINTS = ("plan", "page", "compose", "claim", "sent", "finish")
HELD = """
SELECT client_port FROM pg_stat_activity
WHERE pg_blocking_pids(pid) @> ARRAY[pg_backend_pid()]
  AND application_name = 'invoice-export'
"""

BURY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pg_blocking_pids(pid) @> ARRAY[pg_backend_pid()]
  AND application_name = 'invoice-export'
"""

RUNS = "SELECT id::text FROM exports"


def superuser(laptop: Laptop) -> psycopg.Connection:
    return psycopg.connect(
        laptop.url_of("postgres", DATABASE),
        autocommit=True,
        options="-c search_path=sample,invoice_export",
    )


class Hold:
    """A hold on one point of one organisation."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def bury(self) -> None:
        """End the sessions of killed workers, which still lock their run's row.

        PostgreSQL notices a dead client only when the blocked statement returns.
        """
        self._connection.execute(BURY)

    def wait(self, seconds: float = 150) -> None:
        """Wait until a worker reaches the point, even one in a container."""
        deadline = time.monotonic() + seconds
        while not self._ports():
            assert time.monotonic() < deadline, "no worker reached the point"
            time.sleep(0.05)

    def wait_for_worker(self, seconds: float = 150) -> psutil.Process:
        """Wait for a worker at the point and return its process."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ports = self._ports()
            for process in psutil.net_connections("tcp4"):
                # Another process may use the same local port to reach another server.
                if (
                    process.laddr.port in ports
                    and process.raddr
                    and process.raddr.port == self._connection.info.port
                    and process.pid is not None
                ):
                    return psutil.Process(process.pid)
            time.sleep(0.05)
        raise AssertionError("no worker reached the point")

    def _ports(self) -> set[int]:
        return {port for (port,) in self._connection.execute(HELD).fetchall()}


@contextmanager
def held(laptop: Laptop, point: str, organization: str) -> Iterator[Hold]:
    """Stop this organisation's workers at the point until the block ends.

    A restart of PostgreSQL also releases them.
    """
    connection = superuser(laptop)
    connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [point + organization])
    try:
        yield Hold(connection)
    finally:
        connection.close()


def start_held(tenant: Tenant, user: str, seconds: float = 60) -> str:
    """Start a run that is held, and return it once it is committed.

    The API writes to its run once more after the start. A worker that comes before it
    and is held then locks the row, so the answer may have to wait for the hold's end.
    """
    before = _runs(tenant)
    answered = Thread(target=tenant.http(user).post, args=[tenant.path], daemon=True)
    answered.start()
    deadline = time.monotonic() + seconds
    while not (new := _runs(tenant) - before):
        assert time.monotonic() < deadline, "the run is not there"
        time.sleep(0.05)
    (run_id,) = new
    return run_id


def _runs(tenant: Tenant) -> set[str]:
    return {run for (run,) in tenant.stack.sql(tenant.id, RUNS)}
