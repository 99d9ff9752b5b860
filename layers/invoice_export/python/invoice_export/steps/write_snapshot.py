"""Writes all pages of a run from one snapshot of the database, one after the other."""

from invoice_export.adapters.files import Files
from invoice_export.contracts.workflow.plan_items import ALL_PAGES
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.contracts.workflow.write_page import PageResult
from invoice_export.domain.runs import Consistency
from invoice_export.errors import InvalidInputError, RunNotActiveError
from invoice_export.steps.page_parts import read_page, record_page, store_part
from invoice_export.steps.read_request import read_request
from invoice_export.store import pages, plans, runs
from invoice_export.store.database import Database, Transaction
from invoice_export.store.reading import KeyRange


def write_snapshot(db: Database, files: Files, ref: RunRef) -> PageResult:
    """Write every page unless all are finished; the result counts all of them.

    A snapshot ends with its transaction, so a worker that finds some pages finished but
    not all starts over with a new snapshot. Page rows go through a second connection,
    which lets watchers see them. Raises :class:`RunNotActiveError` for a zombie, and if
    another worker has begun a newer snapshot; :class:`DatasetChangedError`; and
    :class:`InvalidInputError` for a run that is no snapshot.
    """
    ledger = db.second_connection()
    try:
        with ledger.tenant(ref.organization_id) as tx:
            run = runs.lock_active(tx, ref)
            if run.consistency is not Consistency.SNAPSHOT:
                raise InvalidInputError("only a snapshot is written as a whole")
            if not pages.list_unfinished(tx, run.id):
                return _total(tx, ref)
        with db.tenant(ref.organization_id, snapshot=True) as snapshot:
            # The first statement takes the snapshot, before its time is written.
            request = read_request(snapshot, run)
            with ledger.tenant(ref.organization_id) as tx:
                total = runs.lock_active(tx, ref).pages_total or 0
                plan = plans.begin_snapshot(tx, run.id)
            for page in range(1, total + 1):
                keys = plans.get_bounds(snapshot, run.id, page).keys
                with read_page(
                    snapshot, request, page, _all_keys(keys, page, total)
                ) as part:
                    stored = store_part(files, run, page, part, plan=plan)
                if stored.metadata["sha256"] != part.sha256:
                    raise RunNotActiveError(f"run {run.id} has a newer snapshot")
                record_page(ledger, ref, page, stored, plan=plan)
        with ledger.tenant(ref.organization_id) as tx:
            return _total(tx, ref)
    finally:
        ledger.close()


def _all_keys(keys: KeyRange, page: int, total: int) -> KeyRange:
    """The snapshot decides which rows are exported, so its pages cover all keys."""
    return keys._replace(
        start=None if page == 1 else keys.start,
        end=None if page == total else keys.end,
        cut_off=None,
    )


def _total(tx: Transaction, ref: RunRef) -> PageResult:
    finished = pages.list_finished(tx, ref.run_id)
    return PageResult(
        page=ALL_PAGES,
        rows=sum(page.row_count for page in finished),
        bytes=sum(page.byte_count for page in finished),
    )
