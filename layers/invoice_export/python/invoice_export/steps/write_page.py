"""Writes one page of the plan as a part in S3, or all pages of a snapshot."""

from invoice_export.adapters.files import Files
from invoice_export.contracts.workflow.plan_items import ALL_PAGES
from invoice_export.contracts.workflow.write_page import PageResult, WritePageInput
from invoice_export.domain.runs import Consistency
from invoice_export.errors import InvalidInputError
from invoice_export.steps.page_parts import (
    page_result,
    read_page,
    record_page,
    store_part,
)
from invoice_export.steps.read_request import read_request
from invoice_export.steps.write_snapshot import write_snapshot
from invoice_export.store import pages, plans, runs
from invoice_export.store.database import Database


def write_page(db: Database, files: Files, item: WritePageInput) -> PageResult:
    """Write the page unless it is finished: first its part, then its row.

    Raises :class:`RunNotActiveError` for a zombie, :class:`DatasetChangedError`, and
    :class:`InvalidInputError` for a page that the plan does not have, and for one page
    of a snapshot.
    """
    if item.page == ALL_PAGES:
        return write_snapshot(db, files, item)
    with db.tenant(item.organization_id) as tx:
        run = runs.get_active(tx, item)
        if run.consistency is Consistency.SNAPSHOT:
            raise InvalidInputError("a snapshot is written as a whole")
        finished = pages.find(tx, run.id, item.page)
        if finished is not None:
            return page_result(finished)
        bounds = plans.get_bounds(tx, run.id, item.page)
        part = read_page(tx, read_request(tx, run), item.page, bounds.keys)
    with part:
        stored = store_part(files, run, item.page, part, plan=bounds.planned_at)
    return record_page(db, run.ref, item.page, stored, plan=bounds.planned_at)
