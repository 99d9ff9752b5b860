"""Joins a run's parts into one file, and writes its manifest."""

from collections.abc import Sequence
from datetime import datetime
from zlib import crc32

from invoice_export.adapters.files import Files
from invoice_export.adapters.join_parts import SourcePart, Trailer
from invoice_export.contracts.workflow import ComposedFile, RunRef
from invoice_export.domain import gzip_member
from invoice_export.domain.checksums import join_crc32, s3_text
from invoice_export.domain.formats import FileFormat, content_type
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
from invoice_export.steps.read_request import read_request
from invoice_export.store import pages as page_rows
from invoice_export.store import runs
from invoice_export.store.database import Database
from invoice_export.store.pages import PageRow
from invoice_export.store.runs import RunRow


def compose_file(
    db: Database,
    files: Files,
    ref: RunRef,
    *,
    app_base_url: str,
    file_retention_days: int,
) -> ComposedFile:
    """Join the parts that the page rows name; an existing file of this plan is kept.

    Raises :class:`PartsMismatchError` if a page is missing or its part has changed,
    :class:`DatasetChangedError` and :class:`RunNotActiveError`.
    """
    with db.tenant(ref.organization_id) as tx:
        run = runs.lock_active(tx, ref)
        request = read_request(tx, run)
        pages = page_rows.list_finished(tx, ref.run_id)
    if run.planned_at is None or len(pages) != run.pages_total:
        raise PartsMismatchError(
            f"{len(pages)} of {run.pages_total} pages are finished"
        )
    trailer = _trailer(run, pages)
    file = ComposedFile(
        object_key=file_key(
            ref.organization_id,
            ref.run_id,
            dataset=run.dataset,
            day_bucket=run.day_bucket,
            extension=run.format,
        ),
        rows=sum(page.row_count for page in pages),
        bytes=sum(page.byte_count for page in pages) + len(trailer),
    )
    manifest = _manifest(
        run,
        pages,
        file,
        trailer=trailer,
        cut_off=run.planned_at,
        columns=request.headers,
    )
    parts: list[SourcePart | Trailer] = [
        SourcePart(
            key=part_key(ref.organization_id, ref.run_id, page.page, run.format),
            etag=page.etag,
            size=page.byte_count,
        )
        for page in pages
    ]
    files.compose(
        file.object_key,
        [*parts, Trailer(trailer)] if trailer else parts,
        {"plan": plan_name(run.planned_at)},
        content_type=content_type(run.format),
        crc32=manifest.crc32,
    )
    _store_manifest(files, manifest)
    with db.tenant(ref.organization_id) as tx:
        runs.lock_active(tx, ref)
        runs.record_file(
            tx,
            ref.run_id,
            object_key=file.object_key,
            row_count=file.rows,
            byte_count=file.bytes,
            file_crc32=manifest.crc32,
            download_url=app_link(app_base_url, ref.organization_id, ref.run_id),
            file_retention_days=file_retention_days,
        )
    return file


def _trailer(run: RunRow, pages: Sequence[PageRow]) -> bytes:
    """Return what the format puts after the last part."""
    if run.format is not FileFormat.CSV_GZ:
        return b""
    contents = [(page.content_crc32, page.content_bytes) for page in pages]
    length = sum(page.content_bytes for page in pages)
    return gzip_member.trailer(join_crc32(contents), length)


def _store_manifest(files: Files, manifest: Manifest) -> None:
    """Write the manifest, but never over one of a newer plan."""
    text = manifest.to_json().encode()
    files.put_once(
        manifest_key(manifest.organization_id, manifest.run_id),
        text,
        {"plan": plan_name(manifest.cut_off)},
        content_type=content_type("json"),
        crc32=s3_text(crc32(text)),
    )


def _manifest(
    run: RunRow,
    pages: Sequence[PageRow],
    file: ComposedFile,
    *,
    trailer: bytes,
    cut_off: datetime,
    columns: list[str],
) -> Manifest:
    pieces = [(page.crc32, page.byte_count) for page in pages]
    pieces.append((crc32(trailer), len(trailer)))
    return Manifest(
        organization_id=run.organization_id,
        run_id=run.id,
        file_name=file_name(file.object_key),
        format=run.format,
        consistency=run.consistency,
        columns=columns,
        rows=file.rows,
        bytes=file.bytes,
        unusual_times=sum(page.unusual_times for page in pages),
        trailer_bytes=len(trailer),
        cut_off=cut_off,
        crc32=s3_text(join_crc32(pieces)),
        parts=[
            ManifestPart(
                page=page.page,
                rows=page.row_count,
                bytes=page.byte_count,
                sha256=page.sha256,
            )
            for page in pages
        ],
    )
