"""The manifest beside a file: what it holds, part by part, and how to check it."""

import hashlib
import zlib
from datetime import datetime
from typing import IO, Literal, Self
from uuid import UUID

import msgspec

from invoice_export.domain.checksums import s3_text
from invoice_export.records import Record

CHUNK = 1 << 20


class ManifestModel(Record, rename="camel", forbid_unknown_fields=True):
    """Base: camelCase and strict, like all that leaves the system."""


class ManifestPart(ManifestModel):
    """A stretch of the file; the parts follow one another without gaps.

    Page 0 is what the format puts between pages.
    """

    page: int
    rows: int
    bytes: int
    sha256: str


class Manifest(ManifestModel, kw_only=True):
    """What the file holds.

    ``crc32`` is the whole file's, in base64; S3 verified it when it joined the parts.
    ``trailer_bytes`` follow the last part. ``adjusted`` counts the values that the file
    holds in another form, by the reason. ``unusual_times``, one of them, counts times
    that the format cannot express (for RFC 3339: infinity, before year 1, after 9999);
    the file has them as PostgreSQL writes them.
    """

    version: Literal[2] = 2
    organization_id: str
    run_id: UUID
    file_name: str
    format: str
    consistency: str
    columns: list[str]
    rows: int
    bytes: int
    unusual_times: int
    adjusted: dict[str, int]
    trailer_bytes: int
    cut_off: datetime
    crc32: str
    parts: list[ManifestPart]

    @classmethod
    def of_json(cls, text: str) -> Self:
        """Return the manifest in ``text``. Raises ``ValueError`` for anything else."""
        return msgspec.json.decode(text, type=cls)

    def to_json(self) -> str:
        """Return the manifest as S3 keeps it: the same text for the same run."""
        return msgspec.json.format(msgspec.json.encode(self)).decode() + "\n"


def differences(manifest: Manifest, file: IO[bytes]) -> list[str]:
    """Read a file and describe, in sentences, how it differs from its manifest."""
    found: list[str] = []
    crc = 0
    for part in manifest.parts:
        digest = hashlib.sha256()
        left = part.bytes
        while left and (chunk := file.read(min(left, CHUNK))):
            digest.update(chunk)
            crc = zlib.crc32(chunk, crc)
            left -= len(chunk)
        if left:
            found.append(
                f"the file ends {left} bytes before the end of part {part.page}"
            )
            return found
        if digest.hexdigest() != part.sha256:
            found.append(f"part {part.page}: its SHA-256 is {digest.hexdigest()}")
    trailer = file.read(manifest.trailer_bytes)
    crc = zlib.crc32(trailer, crc)
    if len(trailer) < manifest.trailer_bytes:
        found.append("the file ends before the end of its trailer")
    if file.read(1):
        found.append(f"the file is longer than {manifest.bytes} bytes")
    if not found and s3_text(crc) != manifest.crc32:
        found.append(f"the whole file's CRC-32 is {s3_text(crc)}")
    return found
