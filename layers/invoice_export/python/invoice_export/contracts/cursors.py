"""Cursors: where the next page of a list begins, as clients send it back.

A cursor holds the place of the last row that the client has seen. It grants nothing: a
forged one only begins the caller's own list elsewhere.
"""

import struct
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from uuid import UUID

from pydantic_core import PydanticCustomError

from invoice_export.domain.positions import Position

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Microseconds since the epoch and the id, after the list's mark. With 27 bytes, base64
# needs no padding.
LAYOUT = struct.Struct(">3sq16s")


class CursorList(Enum):
    """The lists, each with its mark: no list takes the cursor of another."""

    EXPORTS = b"run"
    AUDIT_RECORDS = b"log"


def write_cursor(of: CursorList, last: Position) -> str:
    """Return the cursor of the page that follows the row at ``last``."""
    microseconds = (last.at - EPOCH) // MICROSECOND
    packed = LAYOUT.pack(of.value, microseconds, last.id.bytes)
    return urlsafe_b64encode(packed).decode()


def read_cursor(of: CursorList, cursor: str) -> Position:
    """Return the place of the last row seen. Raises ``ValueError`` for no cursor."""
    packed = b64decode(cursor.encode(), altchars=b"-_", validate=True)
    try:
        mark, microseconds, id_ = LAYOUT.unpack(packed)
        at = EPOCH + microseconds * MICROSECOND
    except (struct.error, OverflowError) as exc:
        raise ValueError("not a cursor") from exc
    if mark != of.value:
        raise ValueError("a cursor of another list")
    return Position(at, UUID(bytes=id_))


def check_cursor(of: CursorList) -> Callable[[str], str]:
    """Return a validator that lets the list's own cursors pass."""

    def check(cursor: str) -> str:
        try:
            read_cursor(of, cursor)
        except ValueError:
            raise PydanticCustomError(
                "bad_cursor", "Input should be the 'next' of a page of this list"
            ) from None
        return cursor

    return check
