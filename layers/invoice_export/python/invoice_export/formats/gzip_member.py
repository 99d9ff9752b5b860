"""One gzip member from parts that are compressed apart (RFC 1952, RFC 1951).

Each part is raw deflate that ends on a byte boundary and refers to nothing before it.
Joined under one header, with one last block and one trailer, they are a single member:
readers that stop after the first member see every row.
"""

import struct

# No name and no time: equal rows are equal bytes. The operating system is "unknown".
HEADER = bytes.fromhex("1f8b08000000000000ff")

# The last block, empty, with fixed codes: BFINAL = 1, BTYPE = 01, end of block.
LAST_BLOCK = b"\x03\x00"


def trailer(crc32: int, length: int) -> bytes:
    """Return the end of a member whose unpacked bytes have this CRC-32 and length."""
    return LAST_BLOCK + struct.pack("<LL", crc32, length & 0xFFFFFFFF)
