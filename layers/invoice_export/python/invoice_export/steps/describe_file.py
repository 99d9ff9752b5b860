"""Describes a file from its pieces; the file itself is never read."""

from collections import Counter
from collections.abc import Sequence
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
    described = [_describe(pages, piece) for piece in pieces]
    parts = [part for part, _ in described]
    # What follows the last page has a field of its own.
    trailer_bytes = parts.pop().bytes if parts[-1].page == NO_PAGE else 0
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
        bytes=sum(part.bytes for part, _ in described),
        unusual_times=adjusted[Adjustment.UNUSUAL_TIME],
        adjusted=dict(sorted((+adjusted).items())),
        trailer_bytes=trailer_bytes,
        cut_off=cut_off,
        crc32=s3_text(join_crc32((crc, part.bytes) for part, crc in described)),
        parts=parts,
    )


def _describe(pages: Sequence[PageRow], piece: Piece) -> tuple[ManifestPart, int]:
    """Return a piece as the manifest has it, and its CRC-32."""
    if isinstance(piece, bytes):
        digest = sha256(piece).hexdigest()
        part = ManifestPart(page=NO_PAGE, rows=0, bytes=len(piece), sha256=digest)
        return part, crc32(piece)
    page = pages[piece]
    part = ManifestPart(
        page=page.page, rows=page.row_count, bytes=page.byte_count, sha256=page.sha256
    )
    return part, page.crc32
