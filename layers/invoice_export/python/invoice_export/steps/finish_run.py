"""Finishes a run: its row, its audit record and the lane's next run in one commit."""

import json
from typing import NamedTuple

from invoice_export.adapters.executions import Executions
from invoice_export.adapters.files import Files
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.domain.emails import EmailKind, EmailStatus
from invoice_export.domain.failures import explain
from invoice_export.domain.keys import file_prefix
from invoice_export.domain.runs import RunStatus
from invoice_export.errors import MissingRowError
from invoice_export.steps.expire_claim import expire_claim
from invoice_export.steps.launch_execution import admit_waiting, launch_promised
from invoice_export.store import audit, emails, lane, runs
from invoice_export.store.database import Database, Transaction
from invoice_export.store.runs import RunRow
from invoice_export.store.starts import StartRow

# Nothing was sent, or nobody knows: the audit record says which.
NOT_SENT = {EmailStatus.REFUSED, EmailStatus.UNKNOWN}


class Outcome(NamedTuple):
    """The run's status now, and the lane's next execution to start."""

    status: RunStatus
    start: StartRow | None


def finish_run(
    db: Database,
    files: Files,
    executions: Executions,
    ref: RunRef,
    *,
    error: str | None,
    max_running: int,
) -> RunStatus:
    """Record how the run ended, then do what that commit has promised.

    This starts the lane's next run and the runs that were waiting for room under the
    cap, and aborts an upload that a dead worker left open. All of it is safe to repeat.
    Raises :class:`EmailOutcomePendingError` while a worker may still be sending: SES
    may refuse, and then nothing was sent.
    """
    outcome = record_outcome(db, ref, error=error, max_running=max_running)
    launch_promised(db, executions, outcome.start)
    admit_waiting(db, executions, max_running=max_running)
    if outcome.status is RunStatus.FAILED:
        files.abort_uploads(file_prefix(ref.organization_id, ref.run_id))
    return outcome.status


def record_outcome(
    db: Database, ref: RunRef, *, error: str | None, max_running: int
) -> Outcome:
    """Finish the run as completed, or as failed with ``error`` (a name, not a text).

    The last state, the Catch path, the status-change event and the sweep all call this.
    The first call wins; calls about an older generation change nothing. A run whose
    e-mail was sent, or may have been, completes whatever happened later.
    """
    with db.tenant(ref.organization_id) as tx:
        lane.lock(tx, ref.organization_id)
        run = runs.lock(tx, ref.run_id)
        if run is None:
            raise MissingRowError(f"there is no run {ref.run_id}")
        if run.status is not RunStatus.RUNNING or run.generation != ref.generation:
            return Outcome(run.status, start=None)
        email = _result_email(tx, run)
        if email is not None and email is not EmailStatus.PENDING:
            status = _complete(tx, run, email)
        else:
            status = _fail(tx, run, error or "ExecutionLost")
        start = lane.promote_next(tx, ref.organization_id, max_running=max_running)
    return Outcome(status, start)


def _result_email(tx: Transaction, run: RunRow) -> EmailStatus | None:
    """Return the result e-mail's status; an expired claim becomes unknown."""
    email = emails.lock(tx, run.ref, EmailKind.COMPLETED)
    if email is None:
        return None
    if email.status is EmailStatus.SENDING:
        return expire_claim(tx, email)
    return email.status


def _complete(tx: Transaction, run: RunRow, email: EmailStatus) -> RunStatus:
    runs.finish(tx, run.id, RunStatus.COMPLETED)
    audit.append(
        tx,
        organization_id=run.organization_id,
        dataset=run.dataset,
        event="completed",
        run_id=run.id,
        actor=None,
        payload={
            "rowCount": run.row_count,
            "pages": run.pages_total,
            "bytes": run.byte_count,
            "emailSuppressed": email is EmailStatus.SUPPRESSED,
        }
        | ({"email": email} if email in NOT_SENT else {}),
        once="only",
    )
    return RunStatus.COMPLETED


def _fail(tx: Transaction, run: RunRow, error: str) -> RunStatus:
    failure = explain(
        error,
        tx.datasets.words_of(run.dataset),
        filtered="filters" in json.loads(run.request_key),
    )
    runs.finish(
        tx,
        run.id,
        RunStatus.FAILED,
        error_code=failure.code,
        error_message=failure.message,
    )
    audit.append(
        tx,
        organization_id=run.organization_id,
        dataset=run.dataset,
        event="failed",
        run_id=run.id,
        actor=None,
        payload={"code": failure.code, "attempt": run.generation},
        once=run.generation,
    )
    if failure.needs_email:
        emails.insert(tx, run.ref, EmailKind.FAILED)
    return RunStatus.FAILED
