"""Says how large an export would be, before one starts."""

from math import ceil

from invoice_export.contracts.http import Estimate
from invoice_export.domain.pages import page_rows as rows_of_a_page
from invoice_export.domain.requests import ExportRequest
from invoice_export.steps.plan_pages import PagePolicy
from invoice_export.store import datasets, exported_rows, runs
from invoice_export.store.database import Database

# Starting, joining and mailing, whatever the size.
FIXED_SECONDS = 2.0
# Counting so many takes milliseconds.
COUNTED_ROWS = 200_000
# Where this organisation has no finished export to go by: what one vCPU writes.
ROWS_PER_SECOND = 150_000.0


def estimate_export(
    db: Database, organization_id: str, request: ExportRequest, policy: PagePolicy
) -> Estimate:
    """Count the rows, or estimate them where counting would take long.

    Bytes are those of the CSV before it is packed. Raises
    :class:`DatasetChangedError`.
    """
    with db.tenant(organization_id) as tx:
        datasets.hold(tx, request.dataset)
        exported_rows.read_in_order(tx)
        counted = exported_rows.count(tx, request, COUNTED_ROWS)
        exact = counted < COUNTED_ROWS
        rows = counted if exact else max(exported_rows.estimate(tx, request), counted)
        row_bytes = exported_rows.measure_text(tx, request)
        per_second = runs.rows_per_second(tx, organization_id)
    pages = 0
    if rows:
        page = rows_of_a_page(
            rows,
            row_bytes=row_bytes,
            min_rows=policy.min_rows,
            max_rows=policy.max_rows,
        )
        pages = ceil(rows / page)
    return Estimate(
        rows=rows,
        exact=exact,
        pages=pages,
        bytes=rows * row_bytes,
        seconds=round(FIXED_SECONDS + rows / (per_second or ROWS_PER_SECOND), 1),
    )
