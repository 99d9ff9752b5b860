"""A part while it is written: bounded memory, packed and hashed on the way."""

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from shutil import copyfileobj
from tempfile import TemporaryFile, gettempdir
from types import TracebackType
from typing import IO, Self

from isal import isal_zlib

from invoice_export.domain.adjustments import Adjustments
from invoice_export.errors import WorkerDiskFullError

# A part up to this size stays in memory; a larger one goes to the worker's disk.
SPOOL_BYTES = 24 * 1024 * 1024

# 0.25 of the size at 600 MB/s; zlib's own level 1 packs no better at 160 MB/s.
LEVEL = 1
RAW_DEFLATE = -15


class PartBody:
    """Takes a part's bytes once, in order, and counts them.

    ``sha256`` and ``crc32`` are of the bytes that it holds, which may be packed;
    ``content_crc32`` and ``content_bytes`` are of the bytes that were written to it.
    Packed, it is raw deflate that ends on a byte boundary and refers to nothing before
    it, so that parts can be joined (RFC 1951).
    """

    def __init__(self, *, packed: bool) -> None:
        # Closed by close(), which leaving the context calls.
        self._file: IO[bytes] = BytesIO()
        self._packer = (
            isal_zlib.compressobj(LEVEL, wbits=RAW_DEFLATE) if packed else None
        )
        self._sha256 = hashlib.sha256()
        self._packed_crc32 = 0
        self.content_crc32 = 0
        self.content_bytes = 0
        self.rows = 0
        self.adjusted = Adjustments()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give memory and disk back."""
        # What a full disk did not take is written again here, and nobody wants it.
        with suppress(OSError):
            self._file.close()

    def begin_file(self, signature: bytes) -> None:
        """Put first what stands, unpacked, before a packed file."""
        self._keep(signature)

    def write(self, data: bytes | bytearray) -> None:
        """Append to the part."""
        self.content_bytes += len(data)
        self.content_crc32 = isal_zlib.crc32(data, self.content_crc32)
        if self._packer is not None:
            data = self._packer.compress(data)
        self._keep(data)

    def finish(self) -> bytes | IO[bytes]:
        """End the part and return all of it; a file is at its beginning.

        A part in memory comes as bytes, which S3 takes in one call; a file takes
        thousands of reads.
        """
        if self._packer is not None:
            self._keep(self._packer.flush(isal_zlib.Z_SYNC_FLUSH))
        if isinstance(self._file, BytesIO):
            return self._file.getvalue()
        with _disk_errors():
            self._file.seek(0)
        return self._file

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def crc32(self) -> int:
        return self.content_crc32 if self._packer is None else self._packed_crc32

    def _keep(self, data: bytes | bytearray) -> None:
        in_memory = isinstance(self._file, BytesIO)
        if in_memory and self._file.tell() + len(data) > SPOOL_BYTES:
            self._move_to_disk()
        with _disk_errors():
            self._file.write(data)
        self._sha256.update(data)
        if self._packer is not None:
            self._packed_crc32 = isal_zlib.crc32(data, self._packed_crc32)

    def _move_to_disk(self) -> None:
        memory = self._file
        memory.seek(0)
        with _disk_errors():
            self._file = TemporaryFile()  # noqa: SIM115
            copyfileobj(memory, self._file)
        memory.close()


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Raise :class:`WorkerDiskFullError` if the disk is full; the rest as it is."""
    try:
        yield
    except OSError as exc:
        if exc.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise WorkerDiskFullError(f"{gettempdir()} is full") from exc
