"""How parts become one S3 multipart upload.

S3 wants at least 5 MiB in every part but the last and at most 10,000 parts. Parts
that large are copied server-side; smaller ones are read and uploaded together.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MIN_PART_BYTES = 5 * 1024 * 1024


class Piece(NamedTuple):
    """Bytes ``start`` to ``end`` (exclusive) of a ``part``, by its place."""

    part: int
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


class Copy(NamedTuple):
    """Copied inside S3; no byte passes through the worker."""

    piece: Piece


class Upload(NamedTuple):
    """Read and uploaded as one part; at most 10 MiB, so memory stays bounded."""

    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        return sum(piece.size for piece in self.pieces)


def plan_join(sizes: Sequence[int]) -> Iterator[Copy | Upload]:
    """Yield the parts of an upload that joins parts of these sizes, in order.

    Small parts before a large one that are too small together take the missing bytes
    from its beginning. The rest of the large part is copied, or read like a small part
    if it has become too small.
    """
    small: list[Piece] = []
    held = 0
    for index, size in enumerate(sizes):
        piece = Piece(index, 0, size)
        if held and size >= MIN_PART_BYTES:
            cut = MIN_PART_BYTES - held
            small.append(Piece(index, 0, cut))
            yield Upload(tuple(small))
            small, held = [], 0
            piece = Piece(index, cut, size)
        if not held and piece.size >= MIN_PART_BYTES:
            yield Copy(piece)
            continue
        small.append(piece)
        held += piece.size
        if held >= MIN_PART_BYTES:
            yield Upload(tuple(small))
            small, held = [], 0
    if small:
        yield Upload(tuple(small))
