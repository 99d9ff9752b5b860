"""CRC-32 of joined bytes from the CRC-32s of their pieces, without reading them.

S3 verifies the same checksum of a multipart upload ("full object"). Each step is
linear over GF(2): appending n zero bytes to a message multiplies its remainder by a
matrix that is the n-th power of that for one byte (zlib's ``crc32_combine``).
"""

import base64
from collections.abc import Iterable
from functools import cache

POLYNOMIAL = 0xEDB88320
BITS = 32


def join_crc32(pieces: Iterable[tuple[int, int]]) -> int:
    """Return the CRC-32 of pieces in order, each given as (CRC-32, length)."""
    joined = 0
    for crc, length in pieces:
        joined = _after_zeros(joined, length) ^ crc
    return joined


def s3_text(crc: int) -> str:
    """Return a CRC-32 as S3 writes it: base64 of four bytes, most significant first."""
    return base64.b64encode(crc.to_bytes(4, "big")).decode()


def _after_zeros(crc: int, length: int) -> int:
    power = 0
    while length:
        if length & 1:
            crc = _times(_zero_bytes(power), crc)
        length >>= 1
        power += 1
    return crc


@cache
def _zero_bytes(power: int) -> tuple[int, ...]:
    """Return the matrix that appends 2 ** ``power`` zero bytes."""
    if power == 0:
        bit = (POLYNOMIAL, *(1 << n for n in range(BITS - 1)))
        for _ in range(3):
            bit = tuple(_times(bit, column) for column in bit)
        return bit
    half = _zero_bytes(power - 1)
    return tuple(_times(half, column) for column in half)


def _times(matrix: tuple[int, ...], vector: int) -> int:
    product = 0
    for column in matrix:
        if vector & 1:
            product ^= column
        vector >>= 1
    return product
