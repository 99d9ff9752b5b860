"""The sweep: finds what stopped half-way, asks AWS how it stands, and ends it."""

from dataclasses import dataclass

from invoice_export.adapters.executions import Executions, ExecutionState
from invoice_export.adapters.files import Files
from invoice_export.adapters.mail import Mailer
from invoice_export.adapters.postgres import Database
from invoice_export.adapters.rows import EmailRow, ReconcileRow, RunRow
from invoice_export.adapters.run_log import about_run, logger
from invoice_export.contracts.terms import EmailKind, EmailStatus, RunStatus
from invoice_export.contracts.workflow import ReconcileReport, RunRef, SendEmailInput
from invoice_export.errors import ExportError, TransientError
from invoice_export.steps.cancel_export import remove_leftovers
from invoice_export.steps.finish_run import close_run
from invoice_export.steps.launch_execution import admit_waiting, relaunch
from invoice_export.steps.send_email import EmailPolicy, send_email, settle_expired

STOPPED = {"TIMED_OUT": "ExecutionTimedOut", "ABORTED": "ExecutionAborted"}


@dataclass(frozen=True)
class SweepPolicy:
    """When silence is suspicious, and from when on no old worker can be alive."""

    stale_after_seconds: int
    leftover_grace_seconds: int
    max_running: int
    email: EmailPolicy


@dataclass(frozen=True)
class Sweep:
    """Everything that the repairs need."""

    db: Database
    executions: Executions
    files: Files
    mailer: Mailer
    policy: SweepPolicy


def reconcile_runs(sweep: Sweep, only: RunRef | None = None) -> ReconcileReport:
    """Repair every run that needs it, or look at one whose execution has ended.

    One run that cannot be repaired now does not keep the others waiting; the next
    sweep tries it again.
    """
    with sweep.db.system() as tx:
        found = tx.all(
            ReconcileRow,
            "runs_to_reconcile",
            stale_after_seconds=sweep.policy.stale_after_seconds,
            leftover_grace_seconds=sweep.policy.leftover_grace_seconds,
        )
    if only is not None:
        found.insert(0, ReconcileRow(**only.model_dump(), reason="ended_execution"))
    repaired: list[str] = []
    postponed: list[str] = []
    for row in found:
        with about_run(row.ref):
            try:
                REPAIRS[row.reason](sweep, row.ref)
            except ExportError as exc:
                error = type(exc).__name__
                logger.warning("repair put off", reason=row.reason, error=error)
                postponed.append(f"{row.reason}:{row.run_id}:{error}")
            else:
                logger.info("repaired", reason=row.reason)
                repaired.append(f"{row.reason}:{row.run_id}")
    try:
        admit_waiting(sweep.db, sweep.executions, max_running=sweep.policy.max_running)
    except TransientError as exc:
        postponed.append(f"waiting_runs:{type(exc).__name__}")
    return ReconcileReport(repaired=repaired, postponed=postponed)


def close_dead_run(sweep: Sweep, ref: RunRef) -> None:
    """Finish a run whose execution has ended; one that runs is left alone.

    Never by the clock: a slow execution is asked after, not overtaken.
    """
    with sweep.db.tenant(ref.organization_id) as tx:
        run = tx.one(RunRow, "get_run", run_id=ref.run_id)
    if run is None or run.status is not RunStatus.RUNNING or run.ref != ref:
        return
    state = sweep.executions.describe(ref.execution_name)
    if state is None and run.execution_arn is None:
        relaunch(sweep.db, sweep.executions, ref)
        return
    if state is not None and state.status == "RUNNING":
        return
    status = close_run(
        sweep.db,
        sweep.files,
        sweep.executions,
        ref,
        error=_reason(state),
        max_running=sweep.policy.max_running,
    )
    if status is RunStatus.FAILED:
        send_failure_email(sweep, ref)


def send_failure_email(sweep: Sweep, ref: RunRef) -> None:
    """Send the failure mail that the state machine did not get round to."""
    mail = SendEmailInput(**ref.model_dump(), kind=EmailKind.FAILED)
    send_email(sweep.db, sweep.mailer, mail, sweep.policy.email)


def settle_expired_claim(sweep: Sweep, ref: RunRef) -> None:
    """Settle whichever mail of the run has waited long enough for word of it."""
    with sweep.db.tenant(ref.organization_id) as tx:
        for kind in EmailKind:
            mail = tx.one(
                EmailRow,
                "get_email",
                run_id=ref.run_id,
                kind=kind,
                generation=ref.generation,
            )
            if mail is not None and mail.status is EmailStatus.SENDING:
                settle_expired(tx, mail)


def restart(sweep: Sweep, ref: RunRef) -> None:
    """Start an execution that was committed but never acknowledged."""
    relaunch(sweep.db, sweep.executions, ref)


def clear_leftovers(sweep: Sweep, ref: RunRef) -> None:
    """Remove what late workers of an ended run wrote, now that none can be alive."""
    remove_leftovers(
        sweep.db,
        sweep.files,
        organization_id=ref.organization_id,
        run_id=ref.run_id,
        final=True,
    )


REPAIRS = {
    "unacknowledged_start": restart,
    "silent_run": close_dead_run,
    "ended_execution": close_dead_run,
    "expired_claim": settle_expired_claim,
    "unsent_failure_email": send_failure_email,
    "leftovers": clear_leftovers,
}


def _reason(state: ExecutionState | None) -> str:
    """Return the error name that explains how the execution ended."""
    if state is None:
        return "ExecutionLost"
    return STOPPED.get(state.status) or state.error or "ExecutionLost"
