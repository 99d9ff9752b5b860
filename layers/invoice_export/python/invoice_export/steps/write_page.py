"""Writes one page of the plan as a part in S3."""

from invoice_export.adapters.files import Files
from invoice_export.adapters.lane import check_active
from invoice_export.adapters.postgres import Database
from invoice_export.contracts.terms import Consistency
from invoice_export.contracts.workflow import PageResult, WritePageInput
from invoice_export.steps.page_parts import (
    find_finished,
    page_bounds,
    put_part,
    read_page,
    record_page,
)
from invoice_export.steps.write_snapshot import write_snapshot


def write_page(db: Database, files: Files, page: WritePageInput) -> PageResult:
    """Write the page unless it is finished: first its part, then its row.

    The first page of a snapshot stands for all of them.
    Raises :class:`RunNotActiveError` for a zombie and :class:`InvalidInputError` for
    a page that the plan does not have.
    """
    with db.tenant(page.organization_id) as tx:
        run = check_active(tx, page)
        finished = find_finished(tx, page)
    if run.consistency is Consistency.SNAPSHOT:
        return write_snapshot(db, files, page)
    if finished is not None:
        return finished
    with db.tenant(page.organization_id) as tx:
        bounds = page_bounds(tx, page)
        part = read_page(tx, run, page.page, bounds)
    with part:
        stored = put_part(files, run, page.page, part, plan=bounds.planned_at)
    return record_page(db, page, stored, plan=bounds.planned_at)
