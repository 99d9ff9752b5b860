"""Lets MiniStack's S3 keep parts on the disk, and join them there.

MiniStack hashes every body and keeps the parts of an upload in memory, as it does with
objects that are copied into one; on completion it joins them in memory. All that
happens on the one thread that serves every request, and S3 does none of it. Here a part
is a file, and completion copies files. An ETag is random, like the ETags of S3 with a
KMS key, which are no digests either.

MiniStack replicates no file that is joined here.
"""

# ruff: noqa: SLF001 - this file is about MiniStack's private functions

import functools
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from http import HTTPStatus
from io import BufferedIOBase
from pathlib import Path
from typing import IO, Any, Self

from isal import isal_zlib
from ministack.services import s3

# A larger one costs more to allocate than it saves.
BUFFER_BYTES = 1 << 18

# A request is served by one thread from start to end. These tell the functions that it
# passes through whether it copies a part, and which upload it completes.
_copying: ContextVar[bool] = ContextVar("copying", default=False)
_completing: ContextVar[dict[int, dict[str, Any]] | None] = ContextVar(
    "completing", default=None
)


class Part(bytes):
    """Stands for bytes of an open file, which stay readable if it is deleted.

    MiniStack measures, slices and joins its parts. This one has a length, but nothing
    in it: joined in memory, it adds nothing.
    """

    _file: BufferedIOBase
    _start: int
    _size: int

    @classmethod
    def of(cls, file: BufferedIOBase, start: int, size: int) -> Self:
        part = cls()
        part._file, part._start, part._size = file, start, size
        return part

    @classmethod
    def spooled(cls, body: bytes) -> Self:
        # The file has no name: it goes with the part.
        file = tempfile.TemporaryFile()  # noqa: SIM115
        file.write(body)
        file.flush()
        return cls.of(file, 0, len(body))

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, some: Any) -> Self:  # type: ignore[override]
        start, stop, _ = some.indices(self._size)
        return self.of(self._file, self._start + start, stop - start)

    def copy_to(self, target: IO[bytes]) -> None:
        self._file.seek(self._start)
        buffer = memoryview(bytearray(BUFFER_BYTES))
        left = self._size
        while left:
            read = self._file.readinto(buffer[:left])
            if not read:
                raise OSError("A part is shorter than it was.")
            target.write(buffer[:read])
            left -= read


class Etags:
    """Replaces ``hashlib`` in MiniStack's S3, which asks for the digest of a part."""

    def __getattr__(self, name: str) -> Any:
        return getattr(hashlib, name)

    def md5(self, data: bytes = b"", **_: Any) -> Any:
        """Act like ``hashlib.md5``; the bytes of a part stand for themselves."""
        if isinstance(data, Part):
            data = secrets.token_bytes(16)
        return hashlib.md5(data, usedforsecurity=False)


def random_etag(_: bytes) -> str:
    """Replace MiniStack's function that hashes a body."""
    return secrets.token_hex(16)


def copy_without_reading(copy: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that copies an object, or a range of it, into an upload."""

    @functools.wraps(copy)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        token = _copying.set(True)
        try:
            return copy(*args, **kwargs)
        finally:
            _copying.reset(token)

    return wrapper


def refer_while_copying(read: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that reads an object's body."""

    @functools.wraps(read)
    def wrapper(bucket: str, key: str, record: dict[str, Any]) -> Any:
        path = Path(s3._object_disk_path(bucket, key))
        if not _copying.get() or not path.is_file():
            return read(bucket, key, record)
        return Part.of(path.open("rb"), 0, record["size"])

    return wrapper


def spool(upload_part: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that takes a part."""

    @functools.wraps(upload_part)
    def wrapper(
        bucket: str, key: str, body: bytes, query: Any, headers: dict[str, str]
    ) -> Any:
        answer = upload_part(bucket, key, body, query, headers)
        if answer[0] == HTTPStatus.OK:
            upload = s3._multipart_uploads[s3._qp(query, "uploadId")]
            part = upload["parts"][int(s3._qp(query, "partNumber"))]
            part["body"] = Part.spooled(body)
        return answer

    return wrapper


def remember_upload(complete: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that completes an upload."""

    @functools.wraps(complete)
    def wrapper(
        bucket: str, key: str, body: bytes, query: Any, headers: Any = None
    ) -> Any:
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId"))
        token = _completing.set(upload and upload["parts"])
        try:
            return complete(bucket, key, body, query, headers)
        finally:
            _completing.reset(token)

    return wrapper


def join_parts(record: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that comes between a new object and what announces it."""

    @functools.wraps(record)
    def wrapper(
        bucket: str, key: str, prior: Any, made: dict[str, Any], data: Any
    ) -> Any:
        parts = _completing.get()
        if parts is None:
            return record(bucket, key, prior, made, data)
        chosen = [parts[part["PartNumber"]]["body"] for part in made["parts"]]
        made["size"], made["body"] = sum(map(len, chosen)), None
        # It moves the file of an earlier version out of the way.
        version = record(bucket, key, prior, made, None)
        try:
            _write(Path(s3._object_disk_path(bucket, key)), chosen)
        except OSError:
            # Nobody may take the file for complete.
            s3._buckets[bucket]["objects"].pop(key)
            raise
        return version

    return wrapper


def _write(path: Path, parts: Sequence[Part]) -> None:
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.tmp")
    try:
        # Never an old one, emptied: ext4 writes that to the disk as soon as it is
        # closed, and the next commit of PostgreSQL waits for it.
        unfinished.unlink(missing_ok=True)
        with open(unfinished, "xb", opener=_private) as file:
            _reserve(file, sum(map(len, parts)))
            for part in parts:
                part.copy_to(file)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _reserve(file: IO[bytes], size: int) -> None:
    """Take the disk's room at once, which is faster; macOS cannot."""
    if size and hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def join_on_disk() -> None:
    """Wrap MiniStack's functions; call this before it starts."""
    s3.hashlib = Etags()
    # The CRC-32 of a body, several times faster.
    s3.zlib = isal_zlib
    s3.md5_hash = random_etag
    s3._read_body = refer_while_copying(s3._read_body)
    s3._upload_part_copy = copy_without_reading(s3._upload_part_copy)
    s3._upload_part = spool(s3._upload_part)
    s3._complete_multipart_upload = remember_upload(s3._complete_multipart_upload)
    s3._record_object_version = join_parts(s3._record_object_version)
