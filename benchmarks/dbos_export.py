"""The same export on DBOS Transact, tuned, with a step per page.

Its system tables are in the benchmark's own PostgreSQL. A queue with two workers writes
the pages with COPY; the last step joins them. It runs in a separate process and makes
one export for each line on stdin.
"""

import sys
import uuid
from pathlib import Path

import psycopg
from dbos import DBOS, SetWorkflowID

URL, FILE, ORGANIZATION = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
PAGE_ROWS = 50_000

# The tuning: it logs errors only, and polls the queue every 10 ms (see main).
DBOS(
    config={
        "name": "bench",
        "system_database_url": URL.rsplit("/", 1)[0] + "/dbos_bench",
        "log_level": "ERROR",
    }
)

PAGE = """COPY (
  SELECT id, csv_text(number), csv_text(customer_name), status, total,
    csv_text(currency),
    to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  FROM sample.invoices WHERE organization_id = %s AND (created_at, id) >= (%s, %s)
  ORDER BY created_at, id LIMIT %s
) TO STDOUT (FORMAT csv)"""


@DBOS.step()
def plan() -> list[tuple[str, str]]:
    with psycopg.connect(URL) as db:
        rows = db.execute(
            "SELECT created_at::text, id::text FROM ("
            " SELECT created_at, id, row_number() OVER (ORDER BY created_at, id) AS n"
            " FROM sample.invoices WHERE organization_id = %s"
            ") numbered WHERE n %% %s = 1",
            [ORGANIZATION, PAGE_ROWS],
        ).fetchall()
    return [(row[0], row[1]) for row in rows]


@DBOS.step()
def write(number: int, start: tuple[str, str]) -> str:
    part = FILE.with_suffix(f".{number}")
    with psycopg.connect(URL) as db, part.open("wb") as file:
        params = [ORGANIZATION, *start, PAGE_ROWS]
        with psycopg.ClientCursor(db).copy(PAGE, params) as copy:
            for row in copy:
                file.write(bytes(row)[:-1] + b"\r\n")
    return str(part)


@DBOS.workflow()
def page(number: int, start: tuple[str, str]) -> str:
    return write(number, start)


@DBOS.step()
def join(parts: list[str]) -> str:
    with FILE.open("wb") as file:
        for part in parts:
            file.write(Path(part).read_bytes())
            Path(part).unlink()
    return str(FILE)


@DBOS.workflow()
def export() -> str:
    handles = [
        DBOS.enqueue_workflow("pages", page, n, start) for n, start in enumerate(plan())
    ]
    return join([handle.get_result() for handle in handles])


def main() -> None:
    DBOS.launch()
    DBOS.register_queue("pages", worker_concurrency=2, polling_interval_sec=0.01)
    print("ready", flush=True)
    for _ in sys.stdin:
        with SetWorkflowID(str(uuid.uuid4())):
            export()
        print("done", flush=True)


if __name__ == "__main__":
    main()
