"""The manifest beside a file: what it holds, part by part, and how to check it."""

import hashlib
import zlib
from datetime import datetime
from typing import IO, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from invoice_export.domain.checksums import s3_text

CHUNK = 1 << 20


class ManifestModel(BaseModel):
    """Base: camelCase and strict, like all that leaves the system."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


class ManifestPart(ManifestModel):
    """A stretch of the file; the parts follow one another without a gap."""

    page: int
    rows: int
    bytes: int
    sha256: str


class Manifest(ManifestModel):
    """``crc32`` is the whole file's, in base64, which S3 verified when it joined it."""

    version: Literal[1] = 1
    organization_id: str
    run_id: UUID
    file_name: str
    format: str
    consistency: str
    columns: list[str]
    rows: int
    bytes: int
    cut_off: datetime
    crc32: str
    parts: list[ManifestPart]

    def to_json(self) -> str:
        """Return the manifest as it is kept: the same text for the same run."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


def differences(manifest: Manifest, file: IO[bytes]) -> list[str]:
    """Read a file and tell in sentences how it differs from its manifest."""
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
    if file.read(1):
        found.append(f"the file is longer than {manifest.bytes} bytes")
    if not found and s3_text(crc) != manifest.crc32:
        found.append(f"the whole file's CRC-32 is {s3_text(crc)}")
    return found
