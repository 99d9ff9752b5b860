"""Places in a list that is sorted by time and id, newest first."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID


@dataclass(frozen=True)
class Position:
    """The place of one row. The id tells rows of the same microsecond apart."""

    at: datetime
    id: UUID


# Every row comes after it.
TOP = Position(datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
