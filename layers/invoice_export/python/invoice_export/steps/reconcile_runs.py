"""The sweep: finds runs that stopped half-way and repairs them."""

from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple

from msgspec import structs

from invoice_export.adapters.executions import Executions, ExecutionState
from invoice_export.adapters.files import Files
from invoice_export.adapters.mail import Mailer
from invoice_export.adapters.run_log import about_run, logger
from invoice_export.contracts.workflow.reconcile_runs import (
    PostponedRepair,
    ReconcileReport,
    Repair,
)
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.contracts.workflow.send_email import SendEmailInput
from invoice_export.domain.emails import EmailKind, EmailStatus
from invoice_export.domain.repairs import RepairReason
from invoice_export.domain.runs import RunStatus
from invoice_export.errors import ExportError, TransientError
from invoice_export.steps.clean_up_run import clean_up_run
from invoice_export.steps.expire_claim import expire_claim
from invoice_export.steps.finish_run import finish_run
from invoice_export.steps.launch_execution import admit_waiting, relaunch
from invoice_export.steps.send_email import EmailPolicy, send_email
from invoice_export.store import emails, runs, sweep
from invoice_export.store.database import Database
from invoice_export.store.sweep import RepairRow

STOPPED = {"TIMED_OUT": "ExecutionTimedOut", "ABORTED": "ExecutionAborted"}


class SweepPolicy(NamedTuple):
    """When silence is suspicious, and after how long no old worker can be alive."""

    stale_after_seconds: int
    cleanup_grace_seconds: int
    max_running: int
    email: EmailPolicy


class Sweep(NamedTuple):
    """Everything that the repairs need."""

    db: Database
    executions: Executions
    files: Files
    mailer: Mailer
    policy: SweepPolicy


def reconcile_runs(sweeper: Sweep, only: RunRef | None = None) -> ReconcileReport:
    """Repair every run that needs it; ``only`` names a run whose execution has ended.

    A run that cannot be repaired now does not delay the others; the next sweep tries it
    again.
    """
    with sweeper.db.system() as tx:
        found = sweep.list_runs_to_repair(
            tx,
            stale_after_seconds=sweeper.policy.stale_after_seconds,
            cleanup_grace_seconds=sweeper.policy.cleanup_grace_seconds,
        )
    # The oldest first: ids ascend with time. A run's own repairs keep their order.
    found.sort(key=attrgetter("run_id"))
    if only is not None:
        reason = RepairReason.ENDED_EXECUTION
        found.insert(0, RepairRow(**structs.asdict(only), reason=reason))
    repaired: list[Repair] = []
    postponed: list[PostponedRepair] = []
    for row in found:
        repair = Repair(reason=row.reason, run_id=row.run_id)
        with about_run(row.ref):
            try:
                REPAIRS[row.reason](sweeper, row.ref)
            except ExportError as exc:
                error = type(exc).__name__
                logger.warning("repair postponed", reason=row.reason, error=error)
                postponed.append(PostponedRepair(**structs.asdict(repair), error=error))
            else:
                logger.info("repaired", reason=row.reason)
                repaired.append(repair)
    admission_error = _admit(sweeper)
    return ReconcileReport(
        repaired=repaired, postponed=postponed, admission_error=admission_error
    )


def _admit(sweeper: Sweep) -> str | None:
    """Start runs that were waiting for room; return the error's name if that failed."""
    try:
        admit_waiting(
            sweeper.db, sweeper.executions, max_running=sweeper.policy.max_running
        )
    except TransientError as exc:
        return type(exc).__name__
    return None


def finish_dead_run(sweeper: Sweep, ref: RunRef) -> None:
    """Finish a run whose execution has ended; leave a running one alone.

    The clock never decides: a slow execution is checked, not replaced.
    """
    with sweeper.db.tenant(ref.organization_id) as tx:
        run = runs.find(tx, ref.run_id)
    if run is None or run.status is not RunStatus.RUNNING or run.ref != ref:
        return
    state = sweeper.executions.describe(ref.execution_name)
    if state is None and run.execution_arn is None:
        relaunch(sweeper.db, sweeper.executions, ref)
        return
    if state is not None and state.status == "RUNNING":
        return
    status = finish_run(
        sweeper.db,
        sweeper.files,
        sweeper.executions,
        ref,
        error=_error_name(state),
        max_running=sweeper.policy.max_running,
    )
    if status is RunStatus.FAILED:
        send_failure_email(sweeper, ref)


def send_failure_email(sweeper: Sweep, ref: RunRef) -> None:
    """Send the failure e-mail that the state machine did not send."""
    mail = SendEmailInput(**structs.asdict(ref), kind=EmailKind.FAILED)
    send_email(sweeper.db, sweeper.mailer, mail, sweeper.policy.email)


def expire_claims(sweeper: Sweep, ref: RunRef) -> None:
    """Decide the run's e-mails whose claim has expired."""
    with sweeper.db.tenant(ref.organization_id) as tx:
        for kind in EmailKind:
            email = emails.lock(tx, ref, kind)
            if email is not None and email.status is EmailStatus.SENDING:
                expire_claim(tx, email)


def restart(sweeper: Sweep, ref: RunRef) -> None:
    """Start an execution that was promised but never acknowledged."""
    relaunch(sweeper.db, sweeper.executions, ref)


def clean_up(sweeper: Sweep, ref: RunRef) -> None:
    """Remove what late workers of an ended run wrote, now that none can be alive."""
    clean_up_run(
        sweeper.db,
        sweeper.files,
        organization_id=ref.organization_id,
        run_id=ref.run_id,
        final=True,
    )


REPAIRS: dict[RepairReason, Callable[[Sweep, RunRef], None]] = {
    RepairReason.UNACKNOWLEDGED_START: restart,
    RepairReason.SILENT_RUN: finish_dead_run,
    RepairReason.ENDED_EXECUTION: finish_dead_run,
    RepairReason.EXPIRED_CLAIM: expire_claims,
    RepairReason.UNSENT_FAILURE_EMAIL: send_failure_email,
    RepairReason.CLEANUP: clean_up,
}


def _error_name(state: ExecutionState | None) -> str:
    """Return the name of the error that explains how the execution ended."""
    if state is None:
        return "ExecutionLost"
    return STOPPED.get(state.status) or state.error or "ExecutionLost"
