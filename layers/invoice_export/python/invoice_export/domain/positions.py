"""Places in a list that is sorted by time and id, newest first."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID


class Position(NamedTuple):
    """The place of one row. The id tells rows of the same microsecond apart."""

    at: datetime
    id: UUID


# Every row comes after it.
TOP = Position(datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
