"""What one export costs on AWS: transitions, Lambda time and S3 requests.

The prices are the list prices of us-east-1 without free tier, from November 2025:
https://aws.amazon.com/step-functions/pricing/, https://aws.amazon.com/lambda/pricing/
and https://aws.amazon.com/s3/pricing/.

Not included are the database, the storage of the file ($0.023 per GB and month, for 7
days), the API request ($0.0000035) and the e-mail ($0.0001): every way to export has
them.
"""

from dataclasses import dataclass
from math import ceil

DOLLARS_PER_TRANSITION = 0.025 / 1_000
DOLLARS_PER_GB_SECOND = 0.0000133334
DOLLARS_PER_INVOCATION = 0.20 / 1_000_000
DOLLARS_PER_PUT = 0.005 / 1_000
DOLLARS_PER_GET = 0.0004 / 1_000

# Plan Pages, Write Pages, Compose File, Send Email, Finish Run and Run Completed; Write
# Page once per page.
STATES_PER_RUN = 6
STATES_PER_PAGE = 1

# Seconds and GB of each Lambda, from infra/config.py and docs/performance.md.
SECONDS_PER_PAGE = 0.06
ROWS_PER_WORKER_SECOND = 500_000
WRITE_GB = 1.0
COMPOSE_GB = 1.0
COMPOSE_SECONDS = 0.2
COMPOSE_SECONDS_PER_PART = 0.02
COMPOSE_BYTES_PER_SECOND = 60_000_000
OTHERS_GB_SECONDS = 0.5 * (0.1 + 0.2 + 0.1) + 1.0 * 0.05
PLAN_ROWS_PER_SECOND = 10_000_000


@dataclass(frozen=True)
class Export:
    """What drives the cost of one export."""

    pages: int
    rows: int
    file_bytes: int
    parts_are_read: bool


def dollars(export: Export) -> float:
    """Return the price of one export without retries."""
    transitions = STATES_PER_RUN + STATES_PER_PAGE * export.pages
    invocations = 5 + export.pages + 2
    writing = WRITE_GB * (
        export.pages * SECONDS_PER_PAGE + export.rows / ROWS_PER_WORKER_SECOND
    )
    reading = export.file_bytes / COMPOSE_BYTES_PER_SECOND * export.parts_are_read
    joins = (
        max(1, ceil(export.file_bytes / (5 * 2**20)))
        if export.parts_are_read
        else export.pages
    )
    composing = COMPOSE_GB * (
        COMPOSE_SECONDS + reading + joins * COMPOSE_SECONDS_PER_PART
    )
    planning = 0.5 * export.rows / PLAN_ROWS_PER_SECOND
    gb_seconds = writing + composing + planning + OTHERS_GB_SECONDS
    # Create, complete, list and the manifest; each part is put once and joined once.
    puts = 4 + export.pages + joins
    gets = export.pages * (1 + export.parts_are_read)
    return (
        transitions * DOLLARS_PER_TRANSITION
        + invocations * DOLLARS_PER_INVOCATION
        + gb_seconds * DOLLARS_PER_GB_SECOND
        + puts * DOLLARS_PER_PUT
        + gets * DOLLARS_PER_GET
    )
