"""Writes all pages of a run from one snapshot of the database, one after the other."""

from uuid import UUID

from invoice_export.adapters.files import Files
from invoice_export.adapters.lane import fence
from invoice_export.adapters.postgres import Database, Transaction
from invoice_export.adapters.rows import PageNumberRow, PageRow
from invoice_export.contracts.workflow import PageResult, WritePageInput
from invoice_export.errors import RunNotActiveError
from invoice_export.steps.page_parts import (
    page_bounds,
    put_part,
    read_page,
    record_page,
)

# The snapshot decides what is in the export: its pages divide all keys among them.
FROM_THE_FIRST: dict[str, object] = {
    "start_created_at": "-infinity",
    "start_id": UUID(int=0),
}
TO_THE_LAST: dict[str, object] = {
    "last_created_at": "infinity",
    "last_id": UUID(int=(1 << 128) - 1),
}
NO_CUT_OFF: dict[str, object] = {"planned_at": "infinity"}


def write_snapshot(db: Database, files: Files, first: WritePageInput) -> PageResult:
    """Write every page unless all are finished; the result counts all of them.

    A snapshot dies with its transaction: a worker that finds some pages finished, but
    not all, begins again with a snapshot of its own. Page rows go through a second
    connection, so that watchers see them. Raises :class:`RunNotActiveError` when
    another worker has begun a newer snapshot.
    """
    ledger = db.beside()
    try:
        with ledger.tenant(first.organization_id) as tx:
            run = fence(tx, first)
            if not tx.all(PageNumberRow, "unfinished_pages", run_id=run.id):
                return _total(tx, first)
        with db.tenant(first.organization_id, snapshot=True) as snapshot:
            # The first statement takes the snapshot: here, before its time is written.
            bounds = page_bounds(snapshot, first)
            with ledger.tenant(first.organization_id) as tx:
                pages = fence(tx, first).pages_total
                plan = tx.value("begin_snapshot", run_id=run.id)
            for number in range(1, (pages or 0) + 1):
                page = first.model_copy(update={"page": number})
                bounds = page_bounds(snapshot, page)
                instead = {**NO_CUT_OFF}
                if number == 1:
                    instead |= FROM_THE_FIRST
                if number == pages:
                    instead |= TO_THE_LAST
                with read_page(snapshot, run, number, bounds, **instead) as part:
                    stored = put_part(files, run, number, part, plan=plan)
                if stored.metadata["sha256"] != part.sha256:
                    raise RunNotActiveError(f"run {run.id} has a newer snapshot")
                record_page(ledger, page, stored, plan=plan)
        with ledger.tenant(first.organization_id) as tx:
            return _total(tx, first)
    finally:
        ledger.close()


def _total(tx: Transaction, first: WritePageInput) -> PageResult:
    pages = tx.all(PageRow, "get_pages", run_id=first.run_id)
    return PageResult(
        page=first.page,
        rows=sum(page.row_count for page in pages),
        bytes=sum(page.byte_count for page in pages),
    )
