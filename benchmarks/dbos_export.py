"""The same export on DBOS Transact, tuned, with a step per page.

Its system tables are in the benchmark's own PostgreSQL. A queue with two workers writes
the pages with COPY; the last step joins them. It runs in a separate process and makes
one export for each line on stdin.
"""

import sys
import uuid

import psycopg
from dbos import DBOS, SetWorkflowID

from benchmarks.dbos_targets import target_of

URL, ORGANIZATION = sys.argv[1], sys.argv[2]
TARGET = target_of(sys.argv[3])
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
  SELECT id, invoice_export.csv_text(number), invoice_export.csv_text(customer_name),
    status, total, invoice_export.csv_text(currency),
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
def begin() -> str:
    return TARGET.begin()


@DBOS.step()
def write(number: int, start: tuple[str, str], upload: str) -> str:
    with psycopg.connect(URL) as db:
        params = [ORGANIZATION, *start, PAGE_ROWS]
        with psycopg.ClientCursor(db).copy(PAGE, params) as copy:
            return TARGET.write(upload, number, (bytes(r)[:-1] + b"\r\n" for r in copy))


@DBOS.workflow()
def page(number: int, start: tuple[str, str], upload: str) -> str:
    return write(number, start, upload)


@DBOS.step()
def join(upload: str, parts: list[str]) -> None:
    TARGET.join(upload, parts)


@DBOS.workflow()
def export() -> None:
    upload = begin()
    handles = [
        DBOS.enqueue_workflow("pages", page, n, start, upload)
        for n, start in enumerate(plan())
    ]
    join(upload, [handle.get_result() for handle in handles])


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
