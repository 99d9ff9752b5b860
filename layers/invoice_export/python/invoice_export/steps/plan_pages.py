"""Counts the rows and freezes where every page begins."""

from dataclasses import dataclass

from invoice_export.adapters.lane import fence
from invoice_export.adapters.postgres import Database, Transaction
from invoice_export.adapters.rows import PageNumberRow, PlanRow
from invoice_export.contracts.terms import Consistency
from invoice_export.contracts.workflow import PagePlan, RunRef
from invoice_export.domain.pages import (
    COUNTED_ROWS,
    HOPS_A_PAGE,
    MAX_HOPS,
    MAX_PAGES,
    page_concurrency,
    page_rows,
    stride,
)
from invoice_export.errors import EmptyResultSetError


@dataclass(frozen=True)
class PagePolicy:
    """Rows per page, and how many pages are written at a time."""

    min_rows: int
    max_rows: int
    database_vcpus: float


def plan_pages(db: Database, ref: RunRef, policy: PagePolicy) -> PagePlan:
    """Freeze the run's pages, once, and return those that are still to be written.

    Raises :class:`EmptyResultSetError` when there is nothing to export, and
    :class:`RunNotActiveError`.
    """
    organization_id = ref.organization_id
    with db.tenant(organization_id) as tx:
        run = fence(tx, ref)
    if run.pages_total is None:
        plan = _find_pages(db, organization_id, policy)
        with db.tenant(organization_id) as tx:
            fence(tx, ref)
            tx.execute("freeze_plan", run_id=ref.run_id, **plan.model_dump())
    with db.tenant(organization_id) as tx:
        rows = tx.all(PageNumberRow, "unfinished_pages", run_id=ref.run_id)
    pages = [row.page for row in rows]
    if run.consistency is Consistency.SNAPSHOT:
        # One worker writes them all: no two transactions see the same moment.
        pages = [1] if pages else []
    return PagePlan(
        pages=pages,
        concurrency=page_concurrency(len(pages), database_vcpus=policy.database_vcpus),
    )


def _find_pages(db: Database, organization_id: str, policy: PagePolicy) -> PlanRow:
    with db.tenant(organization_id, snapshot=True) as tx:
        tx.value("set_page_reading")
        row_bytes = tx.value("measure_row", organization_id=organization_id)
        if row_bytes == 0:
            raise EmptyResultSetError(f"the organisation has no {db.dataset.many}")
        limits = {
            "row_bytes": row_bytes,
            "min_rows": policy.min_rows,
            "max_rows": policy.max_rows,
        }
        return _one_walk(tx, organization_id, limits) or _two_walks(
            tx, organization_id, limits
        )


def _one_walk(
    tx: Transaction, organization_id: str, limits: dict[str, int]
) -> PlanRow | None:
    """Hop in fractions of a page: counting would walk the index as far once more.

    None where the planner's guess is small, or proves so wrong that a hop is longer
    than a page, or that there are too many.
    """
    guess = _estimate(tx, organization_id)
    if guess < COUNTED_ROWS:
        return None
    step = max(page_rows(guess, **limits) // HOPS_A_PAGE, 1)
    plan = _hop(tx, organization_id, step, at_most=MAX_HOPS)
    if len(plan.page_start_ids) == MAX_HOPS:
        return None
    hops = stride(len(plan.page_start_ids) * step, step=step, **limits)
    return plan.every(hops) if hops else None


def _two_walks(
    tx: Transaction, organization_id: str, limits: dict[str, int]
) -> PlanRow:
    total = tx.value("count_rows", organization_id=organization_id)
    rows = page_rows(total, **limits)
    return _hop(tx, organization_id, rows, at_most=MAX_PAGES)


def _hop(tx: Transaction, organization_id: str, rows: int, *, at_most: int) -> PlanRow:
    plan = tx.one(
        PlanRow,
        "plan_pages",
        organization_id=organization_id,
        page_rows=rows,
        at_most=at_most,
    )
    assert plan is not None, "an aggregate returns a row"  # noqa: S101
    return plan


def _estimate(tx: Transaction, organization_id: str) -> int:
    explained = tx.value("estimate_rows", organization_id=organization_id)
    rows: int = explained[0]["Plan"]["Plan Rows"]
    return rows
