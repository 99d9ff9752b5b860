"""Describes a file from its pieces; the file itself is never read."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from zlib import crc32

from invoice_export.domain.adjustments import Adjustment
from invoice_export.domain.checksums import join_crc32, s3_text
from invoice_export.domain.keys import file_name
from invoice_export.domain.manifest import Manifest, ManifestPart
from invoice_export.formats.format import Piece
from invoice_export.store.pages import PageRow
from invoice_export.store.runs import RunRow

# The number of what is between pages.
NO_PAGE = 0


def describe_file(
    run: RunRow,
    pages: Sequence[PageRow],
    pieces: Sequence[Piece],
    *,
    cut_off: datetime,
    object_key: str,
    columns: list[str],
) -> Manifest:
    """Return the manifest of the file that these pieces make."""
    last = pieces[-1]
    trailer = last if isinstance(last, bytes) else b""
    parts = list(_parts(pages, pieces[:-1] if trailer else pieces))
    checksums = [
        (crc32(piece), len(piece))
        if isinstance(piece, bytes)
        else (pages[piece].crc32, pages[piece].byte_count)
        for piece in pieces
    ]
    adjusted: Counter[str] = Counter()
    for page in pages:
        adjusted.update(page.adjusted)
    return Manifest(
        organization_id=run.organization_id,
        run_id=run.id,
        file_name=file_name(object_key),
        format=run.format,
        consistency=run.consistency,
        columns=columns,
        rows=sum(page.row_count for page in pages),
        bytes=sum(size for _, size in checksums),
        unusual_times=adjusted[Adjustment.UNUSUAL_TIME],
        adjusted=dict(sorted((+adjusted).items())),
        trailer_bytes=len(trailer),
        cut_off=cut_off,
        crc32=s3_text(join_crc32(checksums)),
        parts=parts,
    )


def _parts(pages: Sequence[PageRow], pieces: Sequence[Piece]) -> Iterator[ManifestPart]:
    for piece in pieces:
        if isinstance(piece, bytes):
            digest = sha256(piece).hexdigest()
            yield ManifestPart(page=NO_PAGE, rows=0, bytes=len(piece), sha256=digest)
            continue
        page = pages[piece]
        yield ManifestPart(
            page=page.page,
            rows=page.row_count,
            bytes=page.byte_count,
            sha256=page.sha256,
        )
