"""Starts executions that a commit has promised; never inside a transaction."""

from invoice_export.adapters.executions import Executions
from invoice_export.adapters.run_log import about_run, logger
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.errors import TransientError
from invoice_export.store import lane, starts
from invoice_export.store.database import Database
from invoice_export.store.starts import StartRow

# How many waiting runs one worker looks at; the sweep looks at the rest.
ADMIT_AT_ONCE = 10


def launch_execution(db: Database, executions: Executions, start: StartRow) -> None:
    """Start the execution of ``start`` and acknowledge it.

    Repeating is safe: an execution with this name is this one. Raises
    :class:`WorkflowUnavailableError`; the start then stays open for the sweep.
    """
    with about_run(start.ref):
        arn = executions.start(start.execution_name, start.input)
        with db.tenant(start.organization_id) as tx:
            starts.acknowledge(tx, start.ref, arn)
        logger.info("execution started")


def launch_promised(
    db: Database, executions: Executions, start: StartRow | None
) -> None:
    """Start what a commit has promised, if anything.

    A failure is not the caller's: the sweep starts what stays unacknowledged.
    """
    if start is None:
        return
    with about_run(start.ref):
        try:
            launch_execution(db, executions, start)
        except TransientError as exc:
            logger.warning("start left to the sweep", error=type(exc).__name__)


def relaunch(db: Database, executions: Executions, ref: RunRef) -> None:
    """Start what was promised but never acknowledged, if it is still wanted."""
    with db.tenant(ref.organization_id) as tx:
        start = starts.find_open(tx, ref)
        if start is None:
            starts.acknowledge(tx, ref, None)
            return
    launch_execution(db, executions, start)


def admit_waiting(db: Database, executions: Executions, *, max_running: int) -> None:
    """Start other organisations' runs that were waiting for room under the cap."""
    with db.system() as tx:
        waiting = lane.list_waiting(tx, limit=ADMIT_AT_ONCE)
    for run in waiting:
        with db.tenant(run.organization_id) as tx:
            lane.lock(tx, run.organization_id)
            start = lane.promote_next(tx, run.organization_id, max_running=max_running)
        if start is not None:
            launch_execution(db, executions, start)
