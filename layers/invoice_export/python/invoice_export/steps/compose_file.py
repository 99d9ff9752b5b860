"""Joins a run's parts into its one file."""

from invoice_export.adapters.files import Files, SourcePart
from invoice_export.adapters.lane import fence
from invoice_export.adapters.postgres import Database
from invoice_export.adapters.rows import PageRow
from invoice_export.contracts import ComposedFile, RunRef
from invoice_export.domain.keys import app_link, file_key, part_key
from invoice_export.domain.pages import plan_name
from invoice_export.errors import PartsMismatchError


def compose_file(
    db: Database,
    files: Files,
    ref: RunRef,
    *,
    app_base_url: str,
    file_retention_days: int,
) -> ComposedFile:
    """Join the parts that the page rows name; a file of this plan is kept.

    Raises :class:`PartsMismatchError` when a page is missing or its part is another
    one, and :class:`RunNotActiveError`.
    """
    with db.tenant(ref.organization_id) as tx:
        run = fence(tx, ref)
        pages = tx.all(PageRow, "get_pages", run_id=ref.run_id)
    file = ComposedFile(
        object_key=file_key(ref.organization_id, ref.run_id, run.day_bucket),
        rows=sum(page.row_count for page in pages),
        bytes=sum(page.byte_count for page in pages),
    )
    if run.planned_at is None or len(pages) != run.pages_total:
        raise PartsMismatchError(f"{len(pages)} of {run.pages_total} pages are there")
    files.compose(
        file.object_key,
        [
            SourcePart(
                key=part_key(ref.organization_id, ref.run_id, page.page),
                etag=page.etag,
                size=page.byte_count,
            )
            for page in pages
        ],
        {"plan": plan_name(run.planned_at)},
    )
    with db.tenant(ref.organization_id) as tx:
        fence(tx, ref)
        tx.execute(
            "record_file",
            run_id=ref.run_id,
            object_key=file.object_key,
            row_count=file.rows,
            byte_count=file.bytes,
            download_url=app_link(app_base_url, ref.organization_id, ref.run_id),
            file_retention_days=file_retention_days,
        )
    return file
