"""Times that callers write: a date, or a time with or without an offset."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

# A zone's offset must not lead out of the years that Python knows.
FIRST_YEAR, LAST_YEAR = 2, 9998


def read_instant(text: str) -> date | datetime:
    """Return a date or a time. Raises ``ValueError`` with a sentence for the caller."""
    try:
        found = date.fromisoformat(text) if len(text) == len("YYYY-MM-DD") else None
        read: date | datetime = found or datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            "Input should be a date or a time, like 2025-01-31 or 2025-01-31T08:00:00Z"
        ) from None
    if not FIRST_YEAR <= read.year <= LAST_YEAR:
        raise ValueError(f"The year should be from {FIRST_YEAR} to {LAST_YEAR}")
    return read


def read_date(text: str) -> date:
    """Return a date. Raises ``ValueError`` with a sentence for the caller."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("Input should be a date, like 2025-01-31") from None


def is_zone(name: str) -> bool:
    """Whether the name is one of the IANA time zone database."""
    try:
        ZoneInfo(name)
    # Not found, not a name, or a folder of the database.
    except (KeyError, ValueError, OSError):
        return False
    return True


def as_utc(instant: date | datetime, zone: str) -> str:
    """Return the instant in UTC; a date is its midnight in ``zone``.

    A time without an offset is one of the zone. Where a clock change skips it, the
    offset before the change counts; where it occurs twice, the first one.
    """
    if not isinstance(instant, datetime):
        instant = datetime(instant.year, instant.month, instant.day)  # noqa: DTZ001
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=ZoneInfo(zone))
    moment = instant.astimezone(UTC).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='microseconds')}Z"
