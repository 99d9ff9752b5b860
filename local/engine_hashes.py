"""Lets MiniStack's S3 hash a part once, where it does so three times.

It hashes on the one thread that serves every request: as it is put, as it is copied
into an upload, and as the upload is completed. S3 itself joins parts without reading
them, so that the time would be charged to the export. The hashes stay the same.
"""

# ruff: noqa: SLF001 - MiniStack's private functions are what this file is about

import functools
import hashlib
from collections.abc import Callable
from typing import Any

from ministack.services import s3


class Hashes:
    """Stands for ``hashlib`` in MiniStack's S3, and knows some of the answers."""

    def __init__(self) -> None:
        # The body that was read last, whole, and those of the upload being completed:
        # by identity, each held here as long as it is known.
        self._read: tuple[bytes | None, str] = (None, "")
        self._parts: dict[int, tuple[bytes, str]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(hashlib, name)

    def md5(self, data: bytes = b"", **_: Any) -> Any:
        """Like ``hashlib.md5``; of a known body, its digest alone."""
        known = self._parts.get(id(data))
        if known:
            return Digest(known[1])
        return hashlib.md5(data, usedforsecurity=False)

    def md5_hash(self, data: bytes) -> str:
        """Stands for MiniStack's own function of that name."""
        body, digest = self._read
        return digest if data is body else str(self.md5(data).hexdigest())

    def remember_read(self, read: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap the function that reads an object's body."""

        @functools.wraps(read)
        def wrapper(bucket: str, key: str, record: dict[str, Any]) -> Any:
            body = read(bucket, key, record)
            digest = record["etag"].strip('"')
            # All empty bodies are one object, whatever was meant to be in them.
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
    """A finished hash."""

    def __init__(self, text: str) -> None:
        self._text = text

    def hexdigest(self) -> str:
        return self._text

    def digest(self) -> bytes:
        return bytes.fromhex(self._text)


def hash_once() -> None:
    """Puts the wrappers around MiniStack's functions; before it starts."""
    hashes = Hashes()
    s3.hashlib = hashes
    s3.md5_hash = hashes.md5_hash
    s3._read_body = hashes.remember_read(s3._read_body)
    s3._complete_multipart_upload = hashes.know_parts(s3._complete_multipart_upload)
