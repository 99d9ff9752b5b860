"""A run's frozen plan, kept in its row of ``exports``."""

from datetime import datetime
from typing import Self
from uuid import UUID

from invoice_export.errors import InvalidInputError
from invoice_export.store.database import Row, Transaction


class PlanRow(Row):
    """The first key of every page, the last key of all, and the cut-off.

    Times of keys are PostgreSQL's text: Python has no infinity and no year 10000.
    """

    page_starts_at: list[str]
    page_start_ids: list[UUID]
    last_created_at: str
    last_id: UUID
    planned_at: datetime

    def every(self, hops: int) -> Self:
        """Join each ``hops`` pages into one."""
        starts = {
            "page_starts_at": self.page_starts_at[::hops],
            "page_start_ids": self.page_start_ids[::hops],
        }
        return self.model_copy(update=starts)


class PageBoundsRow(Row):
    """One page's keys: from its first key up to the next page's, or the last of all."""

    start_created_at: str
    start_id: UUID
    next_created_at: str | None
    next_id: UUID | None
    last_created_at: str
    last_id: UUID
    planned_at: datetime


def freeze(tx: Transaction, run_id: UUID, plan: PlanRow) -> None:
    """Write the plan; the first writer wins."""
    tx.execute("plans.freeze", run_id=run_id, **plan.model_dump())


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
