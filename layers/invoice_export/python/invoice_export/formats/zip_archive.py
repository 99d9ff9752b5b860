"""A zip archive of entries that were deflated before (APPNOTE.TXT 6.3.10)."""

import struct
import zlib
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple, Self

from invoice_export.domain.checksums import join_crc32
from invoice_export.formats.format import Page, Piece

DEFLATED = 8
RAW_DEFLATE = -15
# Names are UTF-8.
FLAGS = 0x0800
# The first day that the format knows: equal rows are equal bytes.
TIME, DATE = 0, 0x0021
VERSION, VERSION_64 = 20, 45
# A number that does not fit stands in the ZIP64 field instead.
MAX_32, MAX_16 = 0xFFFFFFFF, 0xFFFF
ZIP64 = 1


class Stretch(NamedTuple):
    """A stretch of an entry's deflate stream: bytes, or a page's part."""

    piece: Piece
    packed: int
    crc32: int
    size: int

    @classmethod
    def of_page(cls, at: int, page: Page) -> Self:
        """Return the stretch of the page at this place."""
        return cls(at, page.byte_count, page.content_crc32, page.content_bytes)

    @classmethod
    def of_text(cls, text: str, *, last: bool = False) -> Self:
        """Return the stretch of this text, which may end the stream."""
        data = text.encode()
        packer = zlib.compressobj(wbits=RAW_DEFLATE)
        packed = packer.compress(data)
        packed += packer.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
        return cls(packed, len(packed), zlib.crc32(data), len(data))


class Entry(NamedTuple):
    """A file of the archive: its stretches are one deflate stream."""

    name: str
    stretches: Sequence[Stretch]

    @property
    def packed(self) -> int:
        return sum(each.packed for each in self.stretches)

    @property
    def size(self) -> int:
        return sum(each.size for each in self.stretches)

    @property
    def crc32(self) -> int:
        return join_crc32((each.crc32, each.size) for each in self.stretches)


def archive(entries: Iterable[Entry]) -> list[Piece]:
    """Return the archive as pieces."""
    pieces: list[Piece] = []
    directory: list[bytes] = []
    at = 0
    for entry in entries:
        header = _local_header(entry)
        directory.append(_directory_header(entry, at))
        pieces += [header, *(each.piece for each in entry.stretches)]
        at += len(header) + entry.packed
    end = _end(len(directory), sum(map(len, directory)), at)
    return list(_joined(chain(pieces, directory, [end])))


def _joined(pieces: Iterable[Piece]) -> Iterable[Piece]:
    """Join bytes that follow one another."""
    held = b""
    for piece in pieces:
        if isinstance(piece, bytes):
            held += piece
            continue
        if held:
            yield held
        yield piece
        held = b""
    if held:
        yield held


def _local_header(entry: Entry) -> bytes:
    large = max(entry.size, entry.packed) >= MAX_32
    sizes = [MAX_32] * 2 if large else [entry.packed, entry.size]
    extra = _extra([entry.size, entry.packed] if large else [])
    name = entry.name.encode()
    return (
        struct.pack(
            "<4s5H3L2H",
            b"PK\x03\x04",
            VERSION_64 if large else VERSION,
            FLAGS,
            DEFLATED,
            TIME,
            DATE,
            entry.crc32,
            *sizes,
            len(name),
            len(extra),
        )
        + name
        + extra
    )


def _directory_header(entry: Entry, offset: int) -> bytes:
    numbers = [entry.size, entry.packed, offset]
    extra = _extra([number for number in numbers if number >= MAX_32])
    size, packed, offset = (min(number, MAX_32) for number in numbers)
    version = VERSION_64 if extra else VERSION
    name = entry.name.encode()
    return (
        struct.pack(
            "<4s6H3L5H2L",
            b"PK\x01\x02",
            version,
            version,
            FLAGS,
            DEFLATED,
            TIME,
            DATE,
            entry.crc32,
            packed,
            size,
            len(name),
            len(extra),
            *(0, 0, 0),
            0,
            offset,
        )
        + name
        + extra
    )


def _extra(numbers: Sequence[int]) -> bytes:
    """Return the ZIP64 field of the numbers that do not fit."""
    if not numbers:
        return b""
    return struct.pack(f"<2H{len(numbers)}Q", ZIP64, 8 * len(numbers), *numbers)


def _end(entries: int, size: int, offset: int) -> bytes:
    """Return what follows the directory."""
    end = struct.pack(
        "<4s4H2LH",
        b"PK\x05\x06",
        *(0, 0),
        *(min(entries, MAX_16),) * 2,
        min(size, MAX_32),
        min(offset, MAX_32),
        0,
    )
    if offset < MAX_32 and size < MAX_32 and entries < MAX_16:
        return end
    record = struct.pack(
        "<4sQ2H2L4Q",
        b"PK\x06\x06",
        44,
        *(VERSION_64,) * 2,
        *(0, 0),
        *(entries,) * 2,
        size,
        offset,
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, offset + size, 1)
    return record + locator + end
