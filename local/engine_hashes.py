"""Lets MiniStack's S3 hash each part once instead of three times.

MiniStack hashes a part when it is put, when it is copied into an upload and when the
upload is completed, on the one thread that serves every request. S3 joins parts
without reading them, so the export would look slower than it is. The hashes are the
same.
"""

# ruff: noqa: SLF001 - this file is about MiniStack's private functions

import functools
import hashlib
from collections.abc import Callable
from typing import Any

from ministack.services import s3


class Hashes:
    """Replaces ``hashlib`` in MiniStack's S3 and remembers some digests."""

    def __init__(self) -> None:
        # The last body that was read, and the parts of the upload in progress. Bodies
        # are known by identity, so each is kept as long as its digest.
        self._read: tuple[bytes | None, str] = (None, "")
        self._parts: dict[int, tuple[bytes, str]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(hashlib, name)

    def md5(self, data: bytes = b"", **_: Any) -> Any:
        """Act like ``hashlib.md5``; for a known body, return its digest."""
        known = self._parts.get(id(data))
        if known:
            return Digest(known[1])
        return hashlib.md5(data, usedforsecurity=False)

    def md5_hash(self, data: bytes) -> str:
        """Replace MiniStack's own function of that name."""
        body, digest = self._read
        return digest if data is body else str(self.md5(data).hexdigest())

    def remember_read(self, read: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap the function that reads an object's body."""

        @functools.wraps(read)
        def wrapper(bucket: str, key: str, record: dict[str, Any]) -> Any:
            body = read(bucket, key, record)
            digest = record["etag"].strip('"')
            # All empty bodies are the same object, so they cannot be told apart.
            if body and "-" not in digest:
                self._read = body, digest
            return body

        return wrapper

    def know_parts(self, complete: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap the function that completes an upload."""

        @functools.wraps(complete)
        def wrapper(
            bucket: str, key: str, body: bytes, query: Any, headers: Any = None
        ) -> Any:
            uploads = s3._multipart_uploads
            upload = uploads.get(s3._qp(query, "uploadId"), {"parts": {}})
            self._parts = {
                id(part["body"]): (part["body"], part["etag"].strip('"'))
                for part in upload["parts"].values()
            }
            try:
                return complete(bucket, key, body, query, headers)
            finally:
                self._parts = {}

        return wrapper


class Digest:
    """A hash object whose digest is known."""

    def __init__(self, text: str) -> None:
        self._text = text

    def hexdigest(self) -> str:
        return self._text

    def digest(self) -> bytes:
        return bytes.fromhex(self._text)


def hash_once() -> None:
    """Wrap MiniStack's functions; call this before it starts."""
    hashes = Hashes()
    s3.hashlib = hashes
    s3.md5_hash = hashes.md5_hash
    s3._read_body = hashes.remember_read(s3._read_body)
    s3._complete_multipart_upload = hashes.know_parts(s3._complete_multipart_upload)
