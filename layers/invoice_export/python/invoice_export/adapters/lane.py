"""The lane: what every change of an organisation's runs does in its transaction."""

from invoice_export.adapters.postgres import Transaction
from invoice_export.adapters.rows import RunRow, StartRow
from invoice_export.contracts.terms import RunStatus
from invoice_export.contracts.workflow import RunRef
from invoice_export.errors import NotFoundError, RunNotActiveError


def lock_lane(tx: Transaction, organization_id: str) -> None:
    """Make this transaction the only one that changes the organisation's runs.

    Raises :class:`NotFoundError` for an organisation that does not exist.
    """
    if tx.value("lock_lane", organization_id=organization_id) is None:
        raise NotFoundError("There is no such organisation.")


def promote_next(
    tx: Transaction, organization_id: str, *, max_running: int
) -> StartRow | None:
    """Make the next queued run of a free lane the running one.

    Its place in the outbox is written in the same transaction; the caller starts the
    execution after the commit. None when the lane is busy or empty, or when the cap
    on all running exports leaves no place for this run.
    """
    head = tx.one(RunRow, "lane_head", organization_id=organization_id)
    if head is None:
        return None
    tx.value("lock_admission")
    if not tx.value("may_start", run_id=head.id, max_running=max_running):
        return None
    start = StartRow(
        organization_id=organization_id,
        run_id=head.id,
        generation=head.generation,
        execution_name=head.ref.execution_name,
        input=head.ref.model_dump_json(by_alias=True),
    )
    tx.execute("promote_run", run_id=head.id, execution_name=start.execution_name)
    tx.execute("insert_start", **start.model_dump())
    return start


def fence(tx: Transaction, ref: RunRef) -> RunRow:
    """Lock the run if it is running in this very generation, and return it.

    Raises :class:`RunNotActiveError` otherwise: whoever asks is a zombie.
    """
    return _active(tx.one(RunRow, "lock_run", run_id=ref.run_id), ref)


def check_active(tx: Transaction, ref: RunRef) -> RunRow:
    """Like :func:`fence`, without the lock: for long reads, which pages do abreast.

    What was read counts only after a fence in the transaction that records it.
    """
    return _active(tx.one(RunRow, "get_run", run_id=ref.run_id), ref)


def _active(run: RunRow | None, ref: RunRef) -> RunRow:
    if (
        run is None
        or run.status is not RunStatus.RUNNING
        or run.generation != ref.generation
    ):
        raise RunNotActiveError(
            f"run {ref.run_id} is not running in generation {ref.generation}"
        )
    return run
