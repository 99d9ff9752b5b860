"""S3: the parts of a multipart upload, copied inside S3 or read and uploaded."""

import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from invoice_export.domain.checksums import s3_text
from invoice_export.domain.joins import Copy, Piece, Upload, plan_join

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# Copies inside S3 take as long as their bytes, whoever waits for them; uploads hold up
# to 10 MiB each. boto3's pool has ten connections.
JOINS_AT_A_TIME = 8


class SourcePart(NamedTuple):
    """A part to be joined, as its page row describes it."""

    key: str
    etag: str
    size: int


class Bytes(NamedTuple):
    """Bytes of the file that are in no part."""

    body: bytes

    @property
    def size(self) -> int:
        return len(self.body)


def join_parts(
    s3: "S3Client", upload: Any, parts: Sequence[SourcePart | Bytes]
) -> "list[CompletedPartTypeDef]":
    """Fill ``upload`` (its Bucket, Key, UploadId) with all bytes of ``parts``.

    They are in the same bucket. S3 refuses a part that is gone or has changed since its
    page row was written.
    """

    def join(numbered: tuple[int, Copy | Upload]) -> "CompletedPartTypeDef":
        number, step = numbered
        if isinstance(step, Copy):
            # Never bytes of ours: only parts of 5 MiB and more are copied.
            source = cast("SourcePart", parts[step.piece.part])
            copied = s3.upload_part_copy(
                **upload,
                PartNumber=number,
                CopySource={"Bucket": upload["Bucket"], "Key": source.key},
                CopySourceIfMatch=source.etag,
                **_copy_range(step.piece, source),
            )
            return _completed(number, copied["CopyPartResult"])
        body = b"".join(read(piece, parts[piece.part]) for piece in step.pieces)
        uploaded = s3.upload_part(
            **upload,
            PartNumber=number,
            Body=body,
            ChecksumCRC32=s3_text(zlib.crc32(body)),
        )
        return _completed(number, uploaded)

    def read(piece: Piece, source: SourcePart | Bytes) -> bytes:
        if isinstance(source, Bytes):
            return source.body[piece.start : piece.end]
        answer = s3.get_object(
            Bucket=upload["Bucket"],
            Key=source.key,
            IfMatch=source.etag,
            Range=f"bytes={piece.start}-{piece.end - 1}",
        )
        return answer["Body"].read()

    steps = enumerate(plan_join([part.size for part in parts]), start=1)
    with ThreadPoolExecutor(JOINS_AT_A_TIME) as pool:
        return list(pool.map(join, steps))


def _completed(number: int, made: Any) -> "CompletedPartTypeDef":
    """Name a part as S3 answered it; not every local engine tells its checksum."""
    part: CompletedPartTypeDef = {"PartNumber": number, "ETag": made["ETag"]}
    if "ChecksumCRC32" in made:
        part["ChecksumCRC32"] = made["ChecksumCRC32"]
    return part


def _copy_range(piece: Piece, source: SourcePart) -> Any:
    """Name a range only where the part is not copied whole."""
    if piece.size == source.size:
        return {}
    return {"CopySourceRange": f"bytes={piece.start}-{piece.end - 1}"}
