"""``make policy``: pages, events, cost and time for exports of each size."""

from dataclasses import dataclass
from math import ceil

from rich.console import Console
from rich.table import Table

from benchmarks.cost import Export, dollars
from invoice_export.domain.joins import MIN_PART_BYTES
from invoice_export.domain.pages import MAX_PAGES, page_concurrency, page_rows

TOTALS = (1, 240, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
VCPUS = (2, 8, 32)

# The limits of the production stage, and the size of a row of benchmarks/data.sql.
MIN_PAGE_ROWS = 500
MAX_PAGE_ROWS = 100_000
ROW_BYTES = 163

# Measured (docs/performance.md): the rows that one vCPU of the database renders, and
# the time that each page and each run takes besides.
ROWS_PER_VCPU_SECOND = 700_000
SECONDS_PER_PAGE = 0.06
SECONDS_PER_RUN = 1.0

# Six events for each Lambda task (plan, compose, e-mail, finish), and start and end.
EVENTS_PER_RUN = 36
EVENTS_PER_PAGE = 7


@dataclass(frozen=True)
class Plan:
    """The pages of an export of ``total`` rows, and what follows from them."""

    total: int

    @property
    def rows(self) -> int:
        return page_rows(
            self.total,
            row_bytes=ROW_BYTES,
            min_rows=MIN_PAGE_ROWS,
            max_rows=MAX_PAGE_ROWS,
        )

    @property
    def pages(self) -> int:
        return ceil(self.total / self.rows)

    @property
    def part_bytes(self) -> int:
        return min(self.rows, self.total) * ROW_BYTES

    @property
    def events(self) -> int:
        return EVENTS_PER_RUN + EVENTS_PER_PAGE * self.pages

    @property
    def export(self) -> Export:
        small = self.pages > 1 and self.part_bytes < MIN_PART_BYTES
        return Export(
            pages=self.pages,
            rows=self.total,
            file_bytes=self.total * ROW_BYTES,
            parts_are_read=small,
        )

    def seconds(self, vcpus: int) -> float:
        """Estimate the time; planning adds a fourteenth to rendering."""
        workers = page_concurrency(self.pages, database_vcpus=vcpus)
        rendering = 1.07 * self.total / ROWS_PER_VCPU_SECOND / min(vcpus, workers)
        return SECONDS_PER_RUN + rendering + self.pages * SECONDS_PER_PAGE / workers


def main() -> None:
    table = Table(title="Page policy of production", title_justify="left")
    headings = ("rows", "pages", "rows per page", "part", "events", "cost")
    for heading in (*headings, *(f"{vcpus} vCPUs" for vcpus in VCPUS)):
        table.add_column(heading, justify="right")
    for total in TOTALS:
        plan = Plan(total)
        assert plan.pages <= MAX_PAGES
        table.add_row(
            f"{total:,}",
            f"{plan.pages:,}",
            f"{plan.rows:,}",
            _size(plan.part_bytes),
            f"{plan.events:,}",
            f"${dollars(plan.export):.6f}",
            *(_time(plan.seconds(vcpus)) for vcpus in VCPUS),
        )
    Console(width=120, highlight=False).print(table)


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"


def _time(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 90 else f"{seconds:.1f} s"


if __name__ == "__main__":
    main()
