"""The parts of writing a page, as bytes from end to end: read, store, record."""

from datetime import datetime

from invoice_export import formats
from invoice_export.adapters.files import Files, StoredObject
from invoice_export.adapters.part_body import PartBody
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.contracts.workflow.write_page import PageResult
from invoice_export.domain.adjustments import Adjustment, from_text, to_text
from invoice_export.domain.checksums import s3_text
from invoice_export.domain.keys import part_key
from invoice_export.domain.pages import plan_name
from invoice_export.domain.requests import ExportRequest
from invoice_export.errors import RunNotActiveError
from invoice_export.store import exported_rows, pages, runs
from invoice_export.store.database import Database, Transaction
from invoice_export.store.pages import PageRow
from invoice_export.store.reading import KeyRange
from invoice_export.store.runs import RunRow


def read_page(
    tx: Transaction, request: ExportRequest, page: int, keys: KeyRange
) -> PartBody:
    """Stream these rows into a new part; the first page begins the file."""
    exported_rows.read_page(tx, request)
    file_format = formats.of(request.format)
    write_rows = file_format.writer(request)
    part = PartBody(packed=file_format.packed)
    try:
        if page == 1:
            part.begin_file(file_format.signature)
            part.write(file_format.opening(request))
        unusual = exported_rows.count_unusual_times(tx, request, keys)
        part.adjusted[Adjustment.UNUSUAL_TIME] += unusual
        for rows in exported_rows.copy_page(tx, request, keys):
            written = write_rows(rows)
            part.write(written.text)
            part.rows += len(rows)
            if written.adjusted:
                part.adjusted.update(written.adjusted)
    except BaseException:
        part.close()
        raise
    return part


def store_part(
    files: Files, run: RunRow, page: int, part: PartBody, *, plan: datetime
) -> StoredObject:
    """Write the part to S3, with everything that its page row will hold."""
    return files.put_once(
        part_key(run.organization_id, run.id, page, run.format),
        part.finish(),
        {
            "plan": plan_name(plan),
            "rows": str(part.rows),
            "adjusted": to_text(part.adjusted),
            "sha256": part.sha256,
            "crc32": str(part.crc32),
            "content-crc32": str(part.content_crc32),
            "content-bytes": str(part.content_bytes),
        },
        content_type=formats.of(run.format).media_type,
        crc32=s3_text(part.crc32),
    )


def record_page(
    db: Database, ref: RunRef, page: int, part: StoredObject, *, plan: datetime
) -> PageResult:
    """Write the page's row. Raises :class:`RunNotActiveError` if the plan is old."""
    with db.tenant(ref.organization_id) as tx:
        if runs.lock_active(tx, ref).planned_at != plan:
            raise RunNotActiveError(f"run {ref.run_id} has a newer plan")
        row = pages.insert(
            tx,
            run_id=ref.run_id,
            page=page,
            organization_id=ref.organization_id,
            generation=ref.generation,
            row_count=int(part.metadata["rows"]),
            byte_count=part.size,
            etag=part.etag,
            sha256=part.metadata["sha256"],
            crc32=int(part.metadata["crc32"]),
            content_crc32=int(part.metadata["content-crc32"]),
            content_bytes=int(part.metadata["content-bytes"]),
            adjusted=from_text(part.metadata["adjusted"]),
        )
    return page_result(row)


def page_result(row: PageRow) -> PageResult:
    """Return the answer for a finished page."""
    return PageResult(page=row.page, rows=row.row_count, bytes=row.byte_count)
