"""How many rows a page holds."""

from datetime import UTC, datetime
from math import ceil

# Seven history events a page, 25,000 a run: room for thousands; S3 takes 10,000 parts.
MAX_PAGES = 1_000

# A bar that moves in at least this many steps, when there are rows enough.
WANTED_PAGES = 20


def page_rows(total: int, *, min_rows: int, max_rows: int) -> int:
    """Return the rows of every page but the last for an export of ``total`` rows.

    ``max_rows`` gives way where more than :data:`MAX_PAGES` would be needed.
    """
    wanted = min(max(ceil(total / WANTED_PAGES), min_rows), max_rows)
    return max(wanted, ceil(total / MAX_PAGES))


def plan_name(planned_at: datetime) -> str:
    """Name a run's plan; of two plans, the later one has the greater name."""
    return planned_at.astimezone(UTC).isoformat(timespec="microseconds")
