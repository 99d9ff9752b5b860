"""Joins a run's parts into its one file, and writes its manifest."""

from collections.abc import Sequence
from datetime import datetime
from zlib import crc32

from invoice_export.adapters.files import Files
from invoice_export.adapters.join_parts import SourcePart
from invoice_export.adapters.lane import fence
from invoice_export.adapters.postgres import Database
from invoice_export.adapters.rows import PageRow, RunRow
from invoice_export.contracts.workflow import ComposedFile, RunRef
from invoice_export.domain.checksums import join_crc32, s3_text
from invoice_export.domain.formats import content_type
from invoice_export.domain.keys import (
    app_link,
    file_key,
    file_name,
    manifest_key,
    part_key,
)
from invoice_export.domain.manifest import Manifest, ManifestPart
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
        object_key=file_key(
            ref.organization_id,
            ref.run_id,
            dataset=db.dataset.name,
            day_bucket=run.day_bucket,
            extension=run.format,
        ),
        rows=sum(page.row_count for page in pages),
        bytes=sum(page.byte_count for page in pages),
    )
    if run.planned_at is None or len(pages) != run.pages_total:
        raise PartsMismatchError(f"{len(pages)} of {run.pages_total} pages are there")
    checksum = _checksum(pages)
    files.compose(
        file.object_key,
        [
            SourcePart(
                key=part_key(ref.organization_id, ref.run_id, page.page, run.format),
                etag=page.etag,
                size=page.byte_count,
            )
            for page in pages
        ],
        {"plan": plan_name(run.planned_at)},
        content_type=content_type(run.format),
        crc32=checksum,
    )
    if checksum is not None:
        manifest = _manifest(run, pages, file, checksum, db.dataset.headers)
        _put_manifest(files, manifest, run.planned_at)
    with db.tenant(ref.organization_id) as tx:
        fence(tx, ref)
        tx.execute(
            "record_file",
            run_id=ref.run_id,
            object_key=file.object_key,
            row_count=file.rows,
            byte_count=file.bytes,
            file_crc32=checksum,
            download_url=app_link(app_base_url, ref.organization_id, ref.run_id),
            file_retention_days=file_retention_days,
        )
    return file


def _checksum(pages: Sequence[PageRow]) -> str | None:
    """Return the file's CRC-32; None when a page was written before there were any."""
    pieces = [(page.crc32, page.byte_count) for page in pages if page.crc32 is not None]
    return s3_text(join_crc32(pieces)) if len(pieces) == len(pages) else None


def _put_manifest(files: Files, manifest: Manifest, planned_at: datetime) -> None:
    """Write the manifest as parts are written: never over that of a newer plan."""
    text = manifest.to_json().encode()
    files.put_part(
        manifest_key(manifest.organization_id, manifest.run_id),
        text,
        {"plan": plan_name(planned_at)},
        content_type=content_type("json"),
        crc32=s3_text(crc32(text)),
    )


def _manifest(
    run: RunRow,
    pages: Sequence[PageRow],
    file: ComposedFile,
    checksum: str,
    columns: list[str],
) -> Manifest:
    assert run.planned_at is not None, "checked before"  # noqa: S101
    return Manifest(
        organization_id=run.organization_id,
        run_id=run.id,
        file_name=file_name(file.object_key),
        format=run.format,
        consistency=run.consistency,
        columns=columns,
        rows=file.rows,
        bytes=file.bytes,
        cut_off=run.planned_at,
        crc32=checksum,
        parts=[
            ManifestPart(
                page=page.page,
                rows=page.row_count,
                bytes=page.byte_count,
                sha256=page.sha256 or "",
            )
            for page in pages
        ],
    )
