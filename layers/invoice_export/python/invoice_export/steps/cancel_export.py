"""Ends a queued or running export on a person's word."""

from dataclasses import dataclass
from uuid import UUID

from invoice_export.adapters.audit import append_audit
from invoice_export.adapters.executions import Executions
from invoice_export.adapters.files import Files
from invoice_export.adapters.lane import lock_lane, promote_next
from invoice_export.adapters.postgres import Database, Transaction
from invoice_export.adapters.rows import EmailRow, RunRow, StartRow
from invoice_export.contracts.terms import EmailKind, EmailStatus, Role, RunStatus
from invoice_export.domain.keys import file_prefix, parts_prefix
from invoice_export.errors import ConflictError
from invoice_export.steps.find_run import find_own_run


@dataclass(frozen=True)
class Cancelled:
    """The run as it was and as it is, and who runs next in its lane."""

    before: RunRow
    run: RunRow
    start: StartRow | None


def cancel_export(
    db: Database,
    *,
    organization_id: str,
    run_id: UUID,
    user_id: str,
    role: Role,
    max_running: int,
) -> Cancelled:
    """Record the cancellation and hand the lane over; a second time changes nothing.

    From this commit on no worker of the run gets past its fence. Raises
    :class:`ConflictError` when the run has ended otherwise, or when its mail is on
    its way: from there it only goes forward.
    """
    with db.tenant(organization_id) as tx:
        lock_lane(tx, organization_id)
        run = find_own_run(tx, run_id, user_id=user_id, role=role)
        if run.status is RunStatus.CANCELLED:
            return Cancelled(run, run, start=None)
        if run.status.terminal:
            raise ConflictError(
                f"This export has {run.status.value} already.", code="RUN_ENDED"
            )
        _refuse_past_the_mail(tx, run)
        cancelled = tx.one(RunRow, "cancel_run", run_id=run_id)
        assert cancelled is not None, "the row is locked here"  # noqa: S101
        append_audit(
            tx,
            organization_id=organization_id,
            event="cancelled",
            run_id=run_id,
            actor=user_id,
            payload={"pagesDone": run.pages_done},
            once=run.generation,
        )
        start = promote_next(tx, organization_id, max_running=max_running)
        return Cancelled(run, cancelled, start)


def stop_cancelled(executions: Executions, before: RunRow) -> None:
    """Stop the execution of a run that was running when it was cancelled."""
    if before.status is RunStatus.RUNNING:
        executions.stop(
            before.ref.execution_name,
            error="RunCancelled",
            cause="The export was cancelled by a person.",
        )


def remove_leftovers(
    db: Database, files: Files, *, organization_id: str, run_id: UUID, final: bool
) -> None:
    """Remove what an ended run left, while nobody can start it again.

    A failed run only loses its open uploads: a retry goes on from its parts. ``final``
    says that no worker of it can still be writing: nothing will be left.
    """
    with db.tenant(organization_id) as tx:
        run = tx.one(RunRow, "lock_leftovers", run_id=run_id)
        if run is None:
            return
        files.abort_uploads(file_prefix(organization_id, run_id))
        if run.status is RunStatus.CANCELLED:
            files.delete_all(parts_prefix(organization_id, run_id))
            files.delete_all(file_prefix(organization_id, run_id))
        if final:
            tx.execute("leftovers_removed", run_id=run_id)


def _refuse_past_the_mail(tx: Transaction, run: RunRow) -> None:
    mail = tx.one(
        EmailRow,
        "get_email",
        run_id=run.id,
        kind=EmailKind.COMPLETED,
        generation=run.generation,
    )
    if mail is not None and mail.status is not EmailStatus.PENDING:
        raise ConflictError(
            "The export is about to complete: its e-mail is on its way.",
            code="RUN_COMPLETING",
        )
