"""What writing a page consists of, as bytes from end to end: read, put, record."""

from datetime import datetime

from invoice_export.adapters.files import Files, StoredPart
from invoice_export.adapters.lane import fence
from invoice_export.adapters.part_body import PartBody
from invoice_export.adapters.postgres import Database, Transaction
from invoice_export.adapters.rows import PageBoundsRow, PageRow, RunRow
from invoice_export.contracts.terms import FileFormat
from invoice_export.contracts.workflow import PageResult, WritePageInput
from invoice_export.domain.checksums import s3_text
from invoice_export.domain.csv_format import finish_rows, header_row
from invoice_export.domain.formats import content_type
from invoice_export.domain.keys import part_key
from invoice_export.domain.pages import plan_name
from invoice_export.errors import InvalidInputError, RunNotActiveError


def page_bounds(tx: Transaction, page: WritePageInput) -> PageBoundsRow:
    """Return where the page begins and ends. Raises :class:`InvalidInputError`."""
    bounds = tx.one(PageBoundsRow, "page_bounds", run_id=page.run_id, page=page.page)
    if bounds is None:
        raise InvalidInputError(f"the plan has no page {page.page}")
    return bounds


def read_page(
    tx: Transaction, run: RunRow, page: int, bounds: PageBoundsRow, **instead: object
) -> PartBody:
    """Stream a page's rows into a new part; ``instead`` replaces some of its bounds."""
    tx.value("set_page_reading")
    part = PartBody(gzip=run.format is FileFormat.CSV_GZ)
    try:
        if page == 1:
            part.write(header_row(tx.dataset.headers))
        times_at_end = tx.dataset.times_at_end
        params = {**bounds.model_dump(), **instead}
        for rows in tx.copy_out(
            "copy_page", organization_id=run.organization_id, **params
        ):
            part.write(finish_rows(rows, times_at_end))
            part.rows += len(rows)
    except BaseException:
        part.close()
        raise
    return part


def put_part(
    files: Files, run: RunRow, page: int, part: PartBody, *, plan: datetime
) -> StoredPart:
    """Put the part, with all that its page row will say of it."""
    return files.put_part(
        part_key(run.organization_id, run.id, page, run.format),
        part.finish(),
        {
            "plan": plan_name(plan),
            "rows": str(part.rows),
            "sha256": part.sha256,
            "crc32": str(part.crc32),
        },
        content_type=content_type(run.format),
        crc32=s3_text(part.crc32),
    )


def record_page(
    db: Database, page: WritePageInput, part: StoredPart, *, plan: datetime
) -> PageResult:
    """Write the page's row. Raises :class:`RunNotActiveError` when the plan is old."""
    with db.tenant(page.organization_id) as tx:
        if fence(tx, page).planned_at != plan:
            raise RunNotActiveError(f"run {page.run_id} has been planned anew")
        tx.execute(
            "insert_page",
            **page.model_dump(),
            row_count=int(part.metadata["rows"]),
            byte_count=part.size,
            etag=part.etag,
            sha256=part.metadata["sha256"],
            crc32=int(part.metadata["crc32"]),
        )
        tx.execute("count_progress", run_id=page.run_id)
        result = find_finished(tx, page)
    assert result is not None, "the row was just written"  # noqa: S101
    return result


def find_finished(tx: Transaction, page: WritePageInput) -> PageResult | None:
    """Return the page's result if it has its row."""
    row = tx.one(PageRow, "get_page", run_id=page.run_id, page=page.page)
    if row is None:
        return None
    return PageResult(page=row.page, rows=row.row_count, bytes=row.byte_count)
