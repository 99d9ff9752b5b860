"""How many rows a page holds, and how many pages are written at a time."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil

# A page takes seven history events of 25,000, and S3 joins up to 10,000 parts.
MAX_PAGES = 1_000

# The progress bar moves in at least this many steps, given enough rows.
WANTED_PAGES = 20

# A part must fit on the worker's disk (512 MB in Lambda), with room to spare.
MAX_PART_BYTES = 256 * 1024 * 1024

# Planning walks over the rows in hops and joins them to pages. Few cost little, many
# make even pages.
HOPS_A_PAGE = 5

# A worker leaves the database idle while it writes its part, about half the time.
WORKERS_PER_VCPU = 2


def page_rows(total: int, *, row_bytes: int, min_rows: int, max_rows: int) -> int:
    """Return the rows of every page but the last for an export of ``total`` rows.

    ``max_rows`` gives way where more than :data:`MAX_PAGES` would be needed. Rows so
    wide that a part would pass :data:`MAX_PART_BYTES` make pages shorter, ``min_rows``
    notwithstanding, as far as :data:`MAX_PAGES` allows.
    """
    wanted = min(max(ceil(total / WANTED_PAGES), min_rows), max_rows)
    fitting = max(MAX_PART_BYTES // max(row_bytes, 1), 1)
    return max(min(wanted, fitting), ceil(total / MAX_PAGES))


def hop_rows(walked: int, *, row_bytes: int, min_rows: int, max_rows: int) -> int:
    """Return how many rows to hop over next, after so many rows.

    More rows make no shorter pages, so no hop is too long in the end.
    """
    rows = page_rows(walked, row_bytes=row_bytes, min_rows=min_rows, max_rows=max_rows)
    return max(rows // HOPS_A_PAGE, 1)


def page_starts(places: Sequence[int], total: int, rows: int) -> list[int]:
    """Return at which of these places, which begin with 0, a page begins.

    Every page has the ``rows`` that it should have, give or take the distance between
    two places.
    """
    return [bisect_right(places, start) - 1 for start in range(0, total, rows)]


def page_concurrency(pages: int, *, database_vcpus: float) -> int:
    """Return how many pages to write at a time; the database is the limit.

    More than :data:`WORKERS_PER_VCPU` workers per vCPU only wait for each other.
    """
    return max(min(pages, ceil(database_vcpus * WORKERS_PER_VCPU)), 1)


def plan_name(planned_at: datetime) -> str:
    """Return the name of a run's plan; a later plan has a greater name."""
    return planned_at.astimezone(UTC).isoformat(timespec="microseconds")
