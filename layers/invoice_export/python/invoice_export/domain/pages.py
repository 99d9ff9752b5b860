"""How many rows a page holds, and how many pages are written at a time."""

from datetime import UTC, datetime
from math import ceil

# A page takes seven history events of 25,000, and S3 joins up to 10,000 parts.
MAX_PAGES = 1_000

# The progress bar moves in at least this many steps, given enough rows.
WANTED_PAGES = 20

# A part must fit on the worker's disk (512 MB in Lambda), with room to spare.
MAX_PART_BYTES = 256 * 1024 * 1024

# Long exports are planned in hops of a fraction of a page, which count the rows too.
HOPS_A_PAGE = 8
# An estimate that is far too low leads to more, which would fill a worker's memory.
MAX_HOPS = 4 * HOPS_A_PAGE * MAX_PAGES
# Shorter exports are counted first: that takes milliseconds and makes equal pages.
COUNTED_ROWS = 200_000

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


def stride(
    total: int, *, step: int, row_bytes: int, min_rows: int, max_rows: int
) -> int:
    """Return how many hops of ``step`` rows make one page; 0 if a hop is too long.

    ``total`` is exact to the length of a hop, which is as exact as the pages need.
    """
    rows = page_rows(total, row_bytes=row_bytes, min_rows=min_rows, max_rows=max_rows)
    hops = rows // step
    return max(hops, ceil(total / (step * MAX_PAGES))) if hops else 0


def page_concurrency(pages: int, *, database_vcpus: float) -> int:
    """Return how many pages to write at a time; the database is the limit.

    More than :data:`WORKERS_PER_VCPU` workers per vCPU only wait for each other.
    """
    return max(min(pages, ceil(database_vcpus * WORKERS_PER_VCPU)), 1)


def plan_name(planned_at: datetime) -> str:
    """Return the name of a run's plan; a later plan has a greater name."""
    return planned_at.astimezone(UTC).isoformat(timespec="microseconds")
