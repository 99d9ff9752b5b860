"""Joins a run's parts into one file, and writes its manifest."""

from collections.abc import Sequence
from zlib import crc32

from invoice_export import formats
from invoice_export.adapters.files import Files
from invoice_export.adapters.join_parts import Bytes, SourcePart
from invoice_export.contracts.workflow.compose_file import ComposedFile
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.domain.checksums import s3_text
from invoice_export.domain.keys import (
    MANIFEST_TYPE,
    app_link,
    file_key,
    manifest_key,
    part_key,
)
from invoice_export.domain.manifest import Manifest
from invoice_export.domain.pages import plan_name
from invoice_export.errors import PartsMismatchError
from invoice_export.formats.format import Piece
from invoice_export.steps.describe_file import describe_file
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
    file_format = formats.of(run.format)
    pieces = file_format.assemble(request, pages, run.column_widths or ())
    key = file_key(
        ref.organization_id,
        ref.run_id,
        dataset=run.dataset,
        day_bucket=run.day_bucket,
        extension=run.format,
    )
    manifest = describe_file(
        run,
        pages,
        pieces,
        cut_off=run.planned_at,
        object_key=key,
        columns=request.headers,
    )
    files.compose(
        key,
        _sources(run, pages, pieces),
        {"plan": plan_name(run.planned_at)},
        content_type=file_format.media_type,
        crc32=manifest.crc32,
    )
    _store_manifest(files, manifest)
    file = ComposedFile(object_key=key, rows=manifest.rows, bytes=manifest.bytes)
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


def _sources(
    run: RunRow, pages: Sequence[PageRow], pieces: Sequence[Piece]
) -> list[SourcePart | Bytes]:
    """Return where the bytes of each piece are."""
    parts = [
        SourcePart(
            key=part_key(run.organization_id, run.id, page.page, run.format),
            etag=page.etag,
            size=page.byte_count,
        )
        for page in pages
    ]
    return [
        Bytes(piece) if isinstance(piece, bytes) else parts[piece] for piece in pieces
    ]


def _store_manifest(files: Files, manifest: Manifest) -> None:
    """Write the manifest, but never over one of a newer plan."""
    text = manifest.to_json().encode()
    files.put_once(
        manifest_key(manifest.organization_id, manifest.run_id),
        text,
        {"plan": plan_name(manifest.cut_off)},
        content_type=MANIFEST_TYPE,
        crc32=s3_text(crc32(text)),
    )
