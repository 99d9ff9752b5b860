"""Starts executions whose place in the outbox is committed; never in a transaction."""

from invoice_export.adapters.executions import Executions
from invoice_export.adapters.lane import lock_lane, promote_next
from invoice_export.adapters.postgres import Database
from invoice_export.adapters.rows import StartRow, WaitingRow
from invoice_export.adapters.run_log import about_run, logger
from invoice_export.contracts.workflow import RunRef

# How many waiting runs one worker looks at in a row; the sweep takes up the rest.
ADMIT_AT_ONCE = 10


def launch_execution(db: Database, executions: Executions, start: StartRow) -> None:
    """Start the execution of ``start`` and acknowledge it.

    Safe to repeat: an execution of this name that exists already is this one. Raises
    :class:`WorkflowUnavailableError`; the row then stays open for the sweep.
    """
    with about_run(start.ref):
        arn = executions.start(start.execution_name, start.input)
        with db.tenant(start.organization_id) as tx:
            tx.execute(
                "acknowledge_start",
                run_id=start.run_id,
                generation=start.generation,
                execution_arn=arn,
            )
        logger.info("execution started")


def relaunch(db: Database, executions: Executions, ref: RunRef) -> None:
    """Start what was committed but never acknowledged, if it is still wanted."""
    with db.tenant(ref.organization_id) as tx:
        start = tx.one(
            StartRow, "get_open_start", run_id=ref.run_id, generation=ref.generation
        )
        if start is None:
            tx.execute(
                "acknowledge_start",
                run_id=ref.run_id,
                generation=ref.generation,
                execution_arn=None,
            )
            return
    launch_execution(db, executions, start)


def admit_waiting(db: Database, executions: Executions, *, max_running: int) -> None:
    """Start the runs of other organisations that waited for a place under the cap."""
    with db.system() as tx:
        waiting = tx.all(WaitingRow, "waiting_runs", limit=ADMIT_AT_ONCE)
    for run in waiting:
        with db.tenant(run.organization_id) as tx:
            lock_lane(tx, run.organization_id)
            start = promote_next(tx, run.organization_id, max_running=max_running)
        if start is not None:
            launch_execution(db, executions, start)
