"""Writes one page of the plan as a part in S3, as bytes from end to end."""

from tempfile import SpooledTemporaryFile

from invoice_export.adapters.files import Files, StoredPart
from invoice_export.adapters.lane import fence
from invoice_export.adapters.postgres import Database, Transaction
from invoice_export.adapters.rows import PageBoundsRow, PageRow
from invoice_export.contracts import PageResult, WritePageInput
from invoice_export.domain.csv_format import HEADER, with_crlf
from invoice_export.domain.keys import part_key
from invoice_export.domain.pages import plan_name
from invoice_export.errors import InvalidInputError

# A part up to this size stays in memory; a larger one goes to the worker's disk.
SPOOL_BYTES = 24 * 1024 * 1024


def write_page(db: Database, files: Files, page: WritePageInput) -> PageResult:
    """Write the page unless it is finished: first its part, then its row.

    Raises :class:`RunNotActiveError` for a zombie and :class:`InvalidInputError` for
    a page that the plan does not have.
    """
    with SpooledTemporaryFile(max_size=SPOOL_BYTES) as body:
        with db.tenant(page.organization_id) as tx:
            finished = _finished(tx, page)
            if finished is not None:
                return finished
            fence(tx, page)
            bounds = tx.one(
                PageBoundsRow, "page_bounds", run_id=page.run_id, page=page.page
            )
            if bounds is None:
                raise InvalidInputError(f"the plan has no page {page.page}")
            rows = _read_page(tx, page, bounds, body)
        body.seek(0)
        part = files.put_part(
            part_key(page.organization_id, page.run_id, page.page),
            body,
            {"plan": plan_name(bounds.planned_at), "rows": str(rows)},
        )
    return _record(db, page, part)


def _read_page(
    tx: Transaction,
    page: WritePageInput,
    bounds: PageBoundsRow,
    body: "SpooledTemporaryFile[bytes]",
) -> int:
    """Stream the page's rows into ``body`` and return how many there were."""
    if page.page == 1:
        body.write(HEADER)
    count = 0
    for rows in tx.copy_out(
        "copy_page", organization_id=page.organization_id, **bounds.model_dump()
    ):
        body.write(with_crlf(rows))
        count += len(rows)
    return count


def _record(db: Database, page: WritePageInput, part: StoredPart) -> PageResult:
    with db.tenant(page.organization_id) as tx:
        fence(tx, page)
        tx.execute(
            "insert_page",
            **page.model_dump(),
            row_count=int(part.metadata["rows"]),
            byte_count=part.size,
            etag=part.etag,
        )
        tx.execute("count_progress", run_id=page.run_id)
        result = _finished(tx, page)
    assert result is not None, "the row was just written"  # noqa: S101
    return result


def _finished(tx: Transaction, page: WritePageInput) -> PageResult | None:
    row = tx.one(PageRow, "get_page", run_id=page.run_id, page=page.page)
    if row is None:
        return None
    return PageResult(page=row.page, rows=row.row_count, bytes=row.byte_count)
