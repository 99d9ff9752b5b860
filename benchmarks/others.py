"""Other ways to export: raw COPY, psql, the reference's way and DBOS Transact."""

import csv
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import ClientCursor
from psycopg.rows import dict_row

from benchmarks.bucket import Bucket
from benchmarks.database import ORGANIZATION
from local.config import ROOT, Laptop
from local.postgres import binaries
from tests.driver import asking

COPY = (
    "COPY (SELECT {columns} FROM sample.invoices WHERE {where} ORDER BY created_at, id)"
    " TO STDOUT (FORMAT csv)"
)
COLUMN_NAMES = "id, number, customer_name, status, total, currency, created_at, due_at"


class RawCopy:
    """COPY of the same rows as a superuser; libpq reads the data and drops it."""

    def __init__(self, place: Laptop, *, ordered_by_index: bool = True) -> None:
        self.connection = psycopg.connect(place.url_of("postgres"), autocommit=True)
        if ordered_by_index:
            for name in ("enable_sort", "enable_bitmapscan", "enable_seqscan", "jit"):
                self.connection.execute(f"SET {name} = off")

    def read(self, where: str, *params: object) -> int:
        """Return the number of bytes."""
        statement = COPY.format(
            columns=COLUMN_NAMES, where=f"organization_id = '{ORGANIZATION}'{where}"
        )
        text = ClientCursor(self.connection).mogrify(statement, params)
        connection = self.connection.pgconn
        connection.exec_(text.encode())
        read, size = connection.get_copy_data, 0
        while (count := read(0)[0]) > 0:
            size += count
        while connection.get_result() is not None:
            pass
        return size


def backend_seconds(connection: psycopg.Connection) -> float:
    """Return the CPU seconds of a connection's server process so far (Linux only).

    Other work on the machine hardly affects them.
    """
    path = Path(f"/proc/{connection.info.backend_pid}/schedstat")
    return int(path.read_text().split()[0]) / 1e9


def psql_copy(place: Laptop, file: Path, organization: str) -> None:
    r"""Write the tenant's rows to a file with ``psql \copy``."""
    command = _psql(place, rf"\copy ({_query(organization)}) TO '{file}' (FORMAT csv)")
    subprocess.run(command, check=True)


def psql_upload(place: Laptop, bucket: Bucket, organization: str) -> None:
    """Pipe the tenant's rows from ``psql`` into a multipart upload."""
    command = _psql(place, f"COPY ({_query(organization)}) TO STDOUT (FORMAT csv)")
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        bucket.upload(process.stdout)
    if process.returncode:
        raise RuntimeError("psql failed")


def _psql(place: Laptop, command: str) -> list[str]:
    return [str(binaries() / "psql"), place.url_of("postgres"), "-qc", command]


def _query(organization: str) -> str:
    return (
        f"SELECT {COLUMN_NAMES} FROM sample.invoices"
        f" WHERE organization_id = '{organization}' ORDER BY created_at, id"
    )


def reference_export(place: Laptop, organization: str) -> bytes:
    """Export as the reference does: page by page, as objects, in one string.

    It reads the application's table as psql does, without our secured view.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(asking().headers)
    last: tuple[object, object] | None = None
    with psycopg.connect(place.url_of("postgres"), row_factory=dict_row) as db:
        while True:
            after = "AND (created_at, id) > (%s, %s)" if last else ""
            rows = db.execute(
                f"SELECT {COLUMN_NAMES} FROM sample.invoices WHERE organization_id = %s"
                f" {after} ORDER BY created_at, id LIMIT 1000",
                [organization, *(last or ())],
            ).fetchall()
            if not rows:
                break
            for row in rows:
                writer.writerow([_cell(value) for value in row.values()])
            last = (rows[-1]["created_at"], rows[-1]["id"])
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, str) and value[:1] in "=+-@\t\r\n":
        return "'" + value
    return value


@contextmanager
def dbos(
    place: Laptop, organization: str, bucket: str | None = None
) -> Iterator[Callable[[], None]]:
    """Start DBOS Transact; each call of the function that this yields is one export.

    It goes to a file, or to the bucket of the laptop stack. DBOS polls its queue all
    the time, so it is suspended between the calls.
    """
    folder = place.folder / "out"
    log = folder / "dbos.log"
    program = [sys.executable, "-m", "benchmarks.dbos_export"]
    target = bucket or str(folder / "dbos.csv")
    process = subprocess.Popen(
        [*program, place.url_of("postgres"), organization, target],
        cwd=ROOT,
        env=os.environ | ({"S3_ENDPOINT": place.engine_url} if bucket else {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log.open("w"),
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def expect(line: str) -> None:
        if stdout.readline() != f"{line}\n":
            raise RuntimeError(f"DBOS failed. See {log}.")

    def run() -> None:
        process.send_signal(signal.SIGCONT)
        stdin.write("go\n")
        stdin.flush()
        expect("done")
        process.send_signal(signal.SIGSTOP)

    expect("ready")
    process.send_signal(signal.SIGSTOP)
    try:
        yield run
    finally:
        process.send_signal(signal.SIGCONT)
        stdin.close()
        process.wait(60)
