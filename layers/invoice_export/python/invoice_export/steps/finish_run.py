"""Closes a run: its row, its audit record and the next run of its lane, in one."""

from dataclasses import dataclass

from invoice_export.adapters.audit import append_audit
from invoice_export.adapters.executions import Executions
from invoice_export.adapters.files import Files
from invoice_export.adapters.lane import lock_lane, promote_next
from invoice_export.adapters.postgres import Database, Transaction
from invoice_export.adapters.rows import EmailRow, RunRow, StartRow
from invoice_export.contracts.terms import EmailKind, EmailStatus, RunStatus
from invoice_export.contracts.workflow import RunRef
from invoice_export.domain.failures import explain
from invoice_export.domain.keys import file_prefix
from invoice_export.steps.launch_execution import admit_waiting, launch_execution
from invoice_export.steps.send_email import settle_expired


@dataclass(frozen=True)
class Finished:
    """What the run's row says now, and who runs next in its lane."""

    status: RunStatus
    start: StartRow | None


def finish_run(
    db: Database, ref: RunRef, *, error: str | None, max_running: int
) -> Finished:
    """End the run as completed, or as failed with ``error`` (a name, not a sentence).

    Called by the last state, the Catch path, the status-change event and the sweep;
    the first call wins, and calls about an older generation change nothing. A run
    whose mail is out, or may be, ends as completed whatever happened after that.
    Raises :class:`EmailOutcomePendingError` while nobody knows: a worker that is
    sending may still be refused, and then nothing is out.
    """
    with db.tenant(ref.organization_id) as tx:
        lock_lane(tx, ref.organization_id)
        run = tx.one(RunRow, "lock_run", run_id=ref.run_id)
        assert run is not None, "runs are never deleted"  # noqa: S101
        if run.status is not RunStatus.RUNNING or run.generation != ref.generation:
            return Finished(run.status, start=None)
        mail = _result_mail(tx, run)
        if mail is not None and mail is not EmailStatus.PENDING:
            status = _complete(tx, run, mail)
        else:
            status = _fail(tx, run, error or "ExecutionLost")
        start = promote_next(tx, ref.organization_id, max_running=max_running)
    return Finished(status, start)


def close_run(
    db: Database,
    files: Files,
    executions: Executions,
    ref: RunRef,
    *,
    error: str | None,
    max_running: int,
) -> RunStatus:
    """Finish the run, then do what its commit has promised.

    The next run of the lane and those that waited for a place under the cap are
    started, and an upload that a dead worker left open is aborted. All of it is safe
    to repeat, and what fails here is taken up by the sweep.
    """
    finished = finish_run(db, ref, error=error, max_running=max_running)
    if finished.start is not None:
        launch_execution(db, executions, finished.start)
    admit_waiting(db, executions, max_running=max_running)
    if finished.status is RunStatus.FAILED:
        files.abort_uploads(file_prefix(ref.organization_id, ref.run_id))
    return finished.status


def _result_mail(tx: Transaction, run: RunRow) -> EmailStatus | None:
    """Return how the mail stands, after calling an expired claim unknown."""
    mail = tx.one(
        EmailRow,
        "get_email",
        run_id=run.id,
        kind=EmailKind.COMPLETED,
        generation=run.generation,
    )
    if mail is None:
        return None
    if mail.status is EmailStatus.SENDING:
        settle_expired(tx, mail)
        return EmailStatus.UNKNOWN
    return mail.status


def _complete(tx: Transaction, run: RunRow, mail: EmailStatus) -> RunStatus:
    tx.execute(
        "end_run",
        run_id=run.id,
        status=RunStatus.COMPLETED,
        error_code=None,
        error_message=None,
    )
    append_audit(
        tx,
        organization_id=run.organization_id,
        event="completed",
        run_id=run.id,
        actor=None,
        payload={
            "rowCount": run.row_count,
            "pages": run.pages_total,
            "bytes": run.byte_count,
            "emailSuppressed": mail is EmailStatus.SUPPRESSED,
        },
        once="only",
    )
    return RunStatus.COMPLETED


def _fail(tx: Transaction, run: RunRow, error: str) -> RunStatus:
    failure = explain(error, tx.dataset)
    tx.execute(
        "end_run",
        run_id=run.id,
        status=RunStatus.FAILED,
        error_code=failure.code,
        error_message=failure.message,
    )
    append_audit(
        tx,
        organization_id=run.organization_id,
        event="failed",
        run_id=run.id,
        actor=None,
        payload={"code": failure.code, "attempt": run.generation},
        once=run.generation,
    )
    if failure.worth_a_mail:
        tx.execute(
            "insert_email",
            organization_id=run.organization_id,
            run_id=run.id,
            kind=EmailKind.FAILED,
            generation=run.generation,
        )
    return RunStatus.FAILED
