"""A run's frozen plan, kept in its row of ``exports``."""

from datetime import datetime
from typing import Self
from uuid import UUID

from msgspec import structs

from invoice_export.errors import InvalidInputError
from invoice_export.store.database import Row, Transaction
from invoice_export.store.reading import KeyRange


class PlanRow(Row):
    """The first key of every page, the last key of all, the cut-off, the widths.

    Keys are PostgreSQL's text: Python has no infinity and no year 10000.
    """

    page_starts: list[list[str]]
    last_key: list[str]
    planned_at: datetime
    column_widths: list[int] | None = None

    def with_widths(self, widths: list[int]) -> Self:
        """Add the widths of the columns, in characters."""
        return structs.replace(self, column_widths=widths)


class PageBoundsRow(Row):
    """One page's keys; no ``next_start`` after the last page."""

    start: list[str]
    next_start: list[str]
    last_key: list[str]
    planned_at: datetime

    @property
    def keys(self) -> KeyRange:
        """The page's rows: up to the next page's first key, or to the last of all."""
        return KeyRange(
            start=tuple(self.start),
            end=tuple(self.next_start or self.last_key),
            end_included=not self.next_start,
            cut_off=self.planned_at,
        )


def freeze(tx: Transaction, run_id: UUID, plan: PlanRow) -> None:
    """Write the plan; the first writer wins."""
    tx.execute("plans.freeze", run_id=run_id, **structs.asdict(plan))


def get_bounds(tx: Transaction, run_id: UUID, page: int) -> PageBoundsRow:
    """Return a page's bounds. Raises :class:`InvalidInputError` for an unknown page."""
    bounds = tx.one_or_none(PageBoundsRow, "plans.get_bounds", run_id=run_id, page=page)
    if bounds is None:
        raise InvalidInputError(f"the plan has no page {page}")
    return bounds


def begin_snapshot(tx: Transaction, run_id: UUID) -> datetime:
    """Discard the pages of an earlier snapshot and return the new planning time."""
    planned_at: datetime = tx.value("plans.begin_snapshot", run_id=run_id)
    return planned_at
