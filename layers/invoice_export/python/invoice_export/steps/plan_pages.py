"""Counts the rows and freezes where every page begins."""

from dataclasses import dataclass

from invoice_export.contracts.workflow import ALL_PAGES, PagePlan, RunRef
from invoice_export.domain.pages import (
    COUNTED_ROWS,
    HOPS_A_PAGE,
    MAX_HOPS,
    MAX_PAGES,
    page_concurrency,
    page_rows,
    stride,
)
from invoice_export.domain.runs import Consistency
from invoice_export.errors import EmptyResultSetError
from invoice_export.store import exported_rows, pages, plans, runs
from invoice_export.store.database import Database, Transaction
from invoice_export.store.plans import PlanRow


@dataclass(frozen=True)
class PagePolicy:
    """Rows per page, and what decides how many pages are written at a time."""

    min_rows: int
    max_rows: int
    database_vcpus: float


def plan_pages(db: Database, ref: RunRef, policy: PagePolicy) -> PagePlan:
    """Freeze the run's pages, once, and return those still to be written.

    Raises :class:`EmptyResultSetError` if there is nothing to export, and
    :class:`RunNotActiveError`.
    """
    organization_id = ref.organization_id
    with db.tenant(organization_id) as tx:
        run = runs.lock_active(tx, ref)
    if run.pages_total is None:
        plan = _find_pages(db, organization_id, policy)
        with db.tenant(organization_id) as tx:
            runs.lock_active(tx, ref)
            plans.freeze(tx, ref.run_id, plan)
    with db.tenant(organization_id) as tx:
        unfinished = pages.list_unfinished(tx, ref.run_id)
    if run.consistency is Consistency.SNAPSHOT:
        return PagePlan(pages=[ALL_PAGES] if unfinished else [], concurrency=1)
    return PagePlan(
        pages=unfinished,
        concurrency=page_concurrency(
            len(unfinished), database_vcpus=policy.database_vcpus
        ),
    )


def _find_pages(db: Database, organization_id: str, policy: PagePolicy) -> PlanRow:
    with db.tenant(organization_id, snapshot=True) as tx:
        exported_rows.read_in_order(tx)
        row_bytes = exported_rows.measure_row(tx, organization_id)
        if row_bytes == 0:
            raise EmptyResultSetError(f"the organisation has no {db.dataset.many}")
        limits = {
            "row_bytes": row_bytes,
            "min_rows": policy.min_rows,
            "max_rows": policy.max_rows,
        }
        return _plan_in_one_walk(tx, organization_id, limits) or _count_then_plan(
            tx, organization_id, limits
        )


def _plan_in_one_walk(
    tx: Transaction, organization_id: str, limits: dict[str, int]
) -> PlanRow | None:
    """Hop in fractions of a page, which saves the second walk that counting needs.

    None if the planner's estimate is small, or so wrong that a hop is longer than a
    page or that there are too many hops.
    """
    estimate = exported_rows.estimate(tx, organization_id)
    if estimate < COUNTED_ROWS:
        return None
    step = max(page_rows(estimate, **limits) // HOPS_A_PAGE, 1)
    plan = exported_rows.find_page_starts(
        tx, organization_id, page_rows=step, at_most=MAX_HOPS
    )
    if len(plan.page_start_ids) == MAX_HOPS:
        return None
    hops = stride(len(plan.page_start_ids) * step, step=step, **limits)
    return plan.every(hops) if hops else None


def _count_then_plan(
    tx: Transaction, organization_id: str, limits: dict[str, int]
) -> PlanRow:
    total = exported_rows.count(tx, organization_id)
    rows = page_rows(total, **limits)
    return exported_rows.find_page_starts(
        tx, organization_id, page_rows=rows, at_most=MAX_PAGES
    )
