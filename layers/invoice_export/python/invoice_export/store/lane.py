"""The lane: every change of an organisation's runs locks it first."""

from uuid import UUID

from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.errors import NotFoundError
from invoice_export.store import starts
from invoice_export.store.database import Row, Transaction
from invoice_export.store.runs import RunRow
from invoice_export.store.starts import StartRow


class WaitingRow(Row):
    """The head of a free lane, which only the cap keeps from starting."""

    organization_id: str
    run_id: UUID


def open_lane(tx: Transaction, organization_id: str) -> None:
    """Make the organisation's lane, unless it has one, and lock it."""
    tx.execute("lane.open", organization_id=organization_id)
    lock(tx, organization_id)


def lock(tx: Transaction, organization_id: str) -> None:
    """Make this transaction the only one that changes the organisation's runs.

    Raises :class:`NotFoundError` if the organisation has never had a run, or if its
    runs were deleted with it.
    """
    if tx.value("lane.lock", organization_id=organization_id) is None:
        raise NotFoundError("There is no such export.", code=ProblemCode.RUN_NOT_FOUND)


def next_place(tx: Transaction, organization_id: str) -> int:
    """Take the next place at the end of the lane."""
    place: int = tx.value("lane.next_place", organization_id=organization_id)
    return place


def promote_next(
    tx: Transaction, organization_id: str, *, max_running: int
) -> StartRow | None:
    """Make the next queued run of a free lane the running one.

    The same transaction inserts its pending start; the caller starts the execution
    after the commit. None if the lane is busy or empty, or if the cap on all running
    exports leaves no room.
    """
    head = tx.one_or_none(RunRow, "lane.head", organization_id=organization_id)
    if head is None:
        return None
    tx.value("lane.lock_admission")
    if not tx.value("lane.may_start", run_id=head.id, max_running=max_running):
        return None
    start = StartRow(
        organization_id=organization_id,
        run_id=head.id,
        generation=head.generation,
        execution_name=head.ref.execution_name,
        input=head.ref.dump_json(),
    )
    tx.execute("lane.promote", run_id=head.id, execution_name=start.execution_name)
    starts.insert(tx, start)
    return start


def list_waiting(tx: Transaction, *, limit: int) -> list[WaitingRow]:
    """Return the heads of free lanes, of all organisations, oldest first."""
    return tx.all(WaitingRow, "lane.list_waiting", limit=limit)
