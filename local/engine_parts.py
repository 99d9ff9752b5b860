"""Lets MiniStack's S3 keep parts on the disk, and join them by reference.

MiniStack hashes every body and keeps the parts of an upload in memory, as it does with
objects that are copied into one. On completion it joins them in memory and writes them
to one file. All that happens on the one thread that serves every request, and S3 does
none of it.

Here an upload is a folder with a file for each part. A part that copies an object is a
hard link to its file, which MiniStack may replace, but never changes. On completion the
folder is named after the object's ETag, and whoever reads the object reads the folder's
files. The object's own file is empty. An ETag is random, like the ETags of S3 with a
KMS key, which are no digests either.

MiniStack replicates no file that is joined here.
"""

# ruff: noqa: SLF001 - this file is about MiniStack's private functions

import functools
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any, Self

from isal import isal_zlib
from ministack.services import s3

# A request is served by one thread from start to end. This tells the function that
# reads an object whether it reads for a copy.
_copying: ContextVar[bool] = ContextVar("copying", default=False)


class Part(bytes):
    """Stands for the bytes of a file.

    MiniStack measures, slices and joins its parts. This one has a length, but nothing
    in it: joined in memory, it adds nothing.
    """

    path: Path
    _size: int

    @classmethod
    def of(cls, path: Path) -> Self:
        part = cls()
        part.path, part._size = path, path.stat().st_size
        return part

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, some: Any) -> bytes:  # type: ignore[override]
        start, stop, _ = some.indices(self._size)
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(stop - start)


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


def copy_by_reference(copy: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that copies an object, or a range of it, into an upload."""

    @functools.wraps(copy)
    def wrapper(bucket: str, key: str, query: Any, headers: Any) -> Any:
        token = _copying.set(True)
        try:
            return _kept(copy(bucket, key, query, headers), query)
        finally:
            _copying.reset(token)

    return wrapper


def keep_on_disk(upload: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that takes a part."""

    @functools.wraps(upload)
    def wrapper(bucket: str, key: str, body: bytes, query: Any, headers: Any) -> Any:
        return _kept(upload(bucket, key, body, query, headers), query)

    return wrapper


def _kept(answer: Any, query: Any) -> Any:
    """Move the part that was taken from memory to the disk."""
    if answer[0] == HTTPStatus.OK:
        upload_id, number = s3._qp(query, "uploadId"), int(s3._qp(query, "partNumber"))
        parts = s3._multipart_uploads[upload_id]["parts"]
        try:
            file = _keep(parts[number]["body"], _uploaded(upload_id), number)
        except OSError:
            # Nobody may take the part for complete.
            del parts[number]
            raise
        parts[number]["body"] = file
    return answer


def _keep(body: bytes, folder: Path, number: int) -> Part:
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    path = folder / _name(number)
    path.unlink(missing_ok=True)
    if isinstance(body, Part):
        os.link(body.path, path)
    else:
        path.write_bytes(body)
    return Part.of(path)


def read_joined(read: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that reads an object's body."""

    @functools.wraps(read)
    def wrapper(bucket: str, key: str, record: dict[str, Any]) -> Any:
        folder = _joined(record["etag"])
        if folder.is_dir():
            body = BytesIO()
            for path in sorted(folder.iterdir()):
                body.write(path.read_bytes())
            return body.getvalue()
        path = Path(s3._object_disk_path(bucket, key))
        if _copying.get() and path.is_file():
            return Part.of(path)
        return read(bucket, key, record)

    return wrapper


def measure_joined(record: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that comes between a new object and what announces it."""

    @functools.wraps(record)
    def wrapper(
        bucket: str, key: str, prior: Any, made: dict[str, Any], data: Any
    ) -> Any:
        made["size"] = made["size"] or sum(
            part["Size"] for part in made.get("parts") or []
        )
        return record(bucket, key, prior, made, data)

    return wrapper


def join_by_reference(complete: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that completes an upload."""

    @functools.wraps(complete)
    def wrapper(
        bucket: str, key: str, body: bytes, query: Any, headers: Any = None
    ) -> Any:
        answer = complete(bucket, key, body, query, headers)
        folder = _uploaded(s3._qp(query, "uploadId"))
        if answer[0] == HTTPStatus.OK and folder.is_dir():
            made = s3._buckets[bucket]["objects"][key]
            chosen = {_name(part["PartNumber"]) for part in made["parts"]}
            for path in folder.iterdir():
                if path.name not in chosen:
                    path.unlink()
            folder.rename(_joined(made["etag"]))
        return answer

    return wrapper


def forget_upload(abort: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that aborts an upload."""

    @functools.wraps(abort)
    def wrapper(bucket: str, key: str, query: Any) -> Any:
        answer = abort(bucket, key, query)
        if answer[0] == HTTPStatus.NO_CONTENT:
            shutil.rmtree(_uploaded(s3._qp(query, "uploadId")), ignore_errors=True)
        return answer

    return wrapper


def forget_joined(change: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function that writes an object to the disk, or deletes it there."""

    @functools.wraps(change)
    def wrapper(bucket: str, key: str, *args: Any) -> Any:
        before = _etag(bucket, key)
        result = change(bucket, key, *args)
        if before and before != _etag(bucket, key):
            shutil.rmtree(_joined(before), ignore_errors=True)
        return result

    return wrapper


def _etag(bucket: str, key: str) -> str | None:
    try:
        described = Path(f"{s3._object_disk_path(bucket, key)}.meta.json").read_text()
    except FileNotFoundError:
        return None
    # The marker of a deleted version has none.
    etag: str | None = json.loads(described).get("etag")
    return etag


def _name(number: int) -> str:
    """Return the name of a part's file; names are in the order of parts."""
    return f"{number:05}"


def _uploaded(upload_id: str) -> Path:
    # Unfinished uploads end with the engine.
    return Path(tempfile.gettempdir()) / "uploads" / upload_id


def _joined(etag: str) -> Path:
    return Path(s3.DATA_DIR).with_name("s3-joined") / etag.strip('"')


def join_on_disk() -> None:
    """Wrap MiniStack's functions; call this before it starts."""
    _joined("").mkdir(parents=True, mode=0o700, exist_ok=True)
    s3.hashlib = Etags()
    # The CRC-32 of a body, several times faster.
    s3.zlib = isal_zlib
    s3.md5_hash = random_etag
    s3._read_body = read_joined(s3._read_body)
    s3._upload_part = keep_on_disk(s3._upload_part)
    s3._upload_part_copy = copy_by_reference(s3._upload_part_copy)
    s3._record_object_version = measure_joined(s3._record_object_version)
    s3._complete_multipart_upload = join_by_reference(s3._complete_multipart_upload)
    s3._abort_multipart_upload = forget_upload(s3._abort_multipart_upload)
    s3._persist_object = forget_joined(s3._persist_object)
    s3._delete_persisted_object = forget_joined(s3._delete_persisted_object)
