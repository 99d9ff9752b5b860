"""Whether a program sees a cell as it is, and what each of them cannot hold."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Either:
    """A cell of a column that is read as one type, but holds several."""

    text: str
    number: float | None

    def like(self, true: Any) -> Any:
        if isinstance(true, Decimal):
            return self.number
        if isinstance(true, date):
            return datetime.fromisoformat(self.text)
        return self.text


@dataclass(frozen=True)
class Judge:
    """A reader, and what it cannot hold."""

    read: Callable[[Path], Iterable[list[Any]]]
    missing: Callable[[], str | None]
    # How it shows a text.
    text: Callable[[str], str] = str
    # Whether it rounds times to milliseconds.
    milliseconds: bool = False
    # Whether every cell is the text that the file spells.
    spells: bool = False
    # How far its numbers are from the true ones, in proportion.
    rounding: float = 0

    def same(self, seen: Any, true: Any) -> bool:
        """Return whether it sees a cell, but for what it cannot hold."""
        if true is None or true == "":
            return seen is None or seen == ""
        if isinstance(seen, Either):
            seen = seen.like(true)
        if isinstance(true, str):
            return bool(seen == self.text(true))
        if self.spells:
            seen = float(seen) if isinstance(true, date) else Decimal(seen)
        if isinstance(true, bool):
            return bool(seen == true) and isinstance(
                seen, Decimal if self.spells else bool
            )
        if isinstance(true, Decimal):
            return self._same_number(seen, true)
        return self._same_time(seen, true)

    def _same_number(self, seen: Any, true: Decimal) -> bool:
        if isinstance(seen, Decimal):
            return seen == true
        # A double tells any two numbers of up to 15 digits apart.
        if isinstance(seen, bool) or not isinstance(seen, int | float):
            return False
        return math.isclose(seen, float(true), rel_tol=self.rounding)

    def _same_time(self, seen: Any, true: date) -> bool:
        exact = not isinstance(true, datetime)
        if exact:
            true = datetime.combine(true, time(), UTC)
        days = (true - EPOCH) / DAY
        if isinstance(seen, int | float):
            seen = EPOCH + timedelta(days=seen)
        elif isinstance(seen, datetime):
            seen = seen.replace(tzinfo=UTC)
        elif isinstance(seen, date):
            # What calamine makes of midnight.
            seen = datetime.combine(seen, time(), UTC)
        else:
            return False
        return bool(seen == true if exact else abs(seen - true) <= self._step(days))

    def _step(self, days: float) -> timedelta:
        """Return how far a time may be off: a number of days has its own steps."""
        nearest = 2 * math.ulp(days) + self.rounding * days
        rounding = MILLISECOND / 2 if self.milliseconds else timedelta()
        return timedelta(days=nearest) + rounding + MICROSECOND
