"""Finds where every page begins, and freezes it."""

from functools import partial
from typing import NamedTuple

from invoice_export import formats
from invoice_export.contracts.workflow.plan_items import ALL_PAGES
from invoice_export.contracts.workflow.plan_pages import PagePlan
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.domain.pages import (
    MAX_PART_BYTES,
    hop_rows,
    page_concurrency,
    page_rows,
    page_starts,
)
from invoice_export.domain.requests import ExportRequest
from invoice_export.domain.runs import Consistency
from invoice_export.errors import EmptyResultSetError
from invoice_export.steps.read_request import read_request
from invoice_export.store import exported_rows, pages, plans, runs
from invoice_export.store.database import Database, Transaction
from invoice_export.store.plans import PlanRow


class PagePolicy(NamedTuple):
    """Rows per page, and what decides how many pages are written at a time."""

    min_rows: int
    max_rows: int
    database_vcpus: float


def plan_pages(db: Database, ref: RunRef, policy: PagePolicy) -> PagePlan:
    """Freeze the run's pages, once, and return those still to be written.

    Raises :class:`EmptyResultSetError` if there is nothing to export,
    :class:`DatasetChangedError` and :class:`RunNotActiveError`.
    """
    with db.tenant(ref.organization_id, snapshot=True) as tx:
        run = runs.get_active(tx, ref)
        if run.pages_total is None:
            plan = find_pages(tx, read_request(tx, run), policy)
        else:
            plan = None
            unfinished = pages.list_unfinished(tx, run.id)
    if plan is not None:
        with db.tenant(ref.organization_id) as tx:
            runs.lock_active(tx, ref)
            plans.freeze(tx, run.id, plan)
            unfinished = pages.list_unfinished(tx, run.id)
    if run.consistency is Consistency.SNAPSHOT:
        return PagePlan(pages=[ALL_PAGES] if unfinished else [], concurrency=1)
    return PagePlan(
        pages=[*unfinished],
        concurrency=page_concurrency(
            len(unfinished), database_vcpus=policy.database_vcpus
        ),
    )


def find_pages(tx: Transaction, request: ExportRequest, policy: PagePolicy) -> PlanRow:
    """Return a plan for the rows of this snapshot.

    Raises :class:`EmptyResultSetError`.
    """
    limits = {"min_rows": policy.min_rows, "max_rows": policy.max_rows}
    walk = exported_rows.walk(tx, request, partial(hop_rows, row_bytes=0, **limits))
    row_bytes = walk.row_bytes
    if row_bytes * policy.max_rows > MAX_PART_BYTES:
        # Rows so wide that a part may be too large: make shorter pages.
        shorter = partial(hop_rows, row_bytes=row_bytes, **limits)
        walk = exported_rows.walk(tx, request, shorter)
    if not walk.keys:
        raise EmptyResultSetError(f"there are no such {request.dataset.words.many}")
    *places, total = walk.places
    rows = page_rows(total, row_bytes=row_bytes, **limits)
    starts = page_starts(places, total, rows)
    plan = PlanRow(
        page_starts=[walk.keys[start] for start in starts],
        last_key=walk.keys[-1],
        planned_at=walk.planned_at,
    )
    if formats.of(request.format).measures_widths:
        plan = plan.with_widths(exported_rows.measure_widths(tx, request))
    return plan
