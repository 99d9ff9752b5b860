"""Cancels a queued or running export."""

from typing import NamedTuple
from uuid import UUID

from invoice_export.adapters.executions import Executions
from invoice_export.domain.emails import EmailKind, EmailStatus
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.domain.roles import Role
from invoice_export.domain.runs import RunStatus
from invoice_export.errors import ConflictError
from invoice_export.steps.find_run import lock_own_run
from invoice_export.store import audit, emails, lane, runs
from invoice_export.store.database import Database, Transaction
from invoice_export.store.runs import RunRow
from invoice_export.store.starts import StartRow


class Cancelled(NamedTuple):
    """The run before and after, and the lane's next execution to start."""

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
    """Record the cancellation and promote the lane's next run; repeating is safe.

    From this commit on, the fence stops every worker of the run. Raises
    :class:`ConflictError` if the run has ended otherwise, or if its e-mail is on its
    way: from there a run only goes forward.
    """
    with db.tenant(organization_id) as tx:
        lane.lock(tx, organization_id)
        run = lock_own_run(tx, run_id, user_id=user_id, role=role)
        if run.status is RunStatus.CANCELLED:
            return Cancelled(run, run, start=None)
        if run.status.terminal:
            raise ConflictError(
                f"This export has already {run.status.value}.",
                code=ProblemCode.RUN_ENDED,
            )
        _refuse_after_email(tx, run)
        cancelled = runs.cancel(tx, run_id)
        audit.append(
            tx,
            organization_id=organization_id,
            dataset=run.dataset,
            event="cancelled",
            run_id=run_id,
            actor=user_id,
            payload={"pagesDone": run.pages_done},
            once=run.generation,
        )
        start = lane.promote_next(tx, organization_id, max_running=max_running)
        return Cancelled(run, cancelled, start)


def stop_cancelled(executions: Executions, before: RunRow) -> None:
    """Stop the execution of a run that was running when it was cancelled."""
    if before.status is RunStatus.RUNNING:
        executions.stop(
            before.ref.execution_name,
            error="RunCancelled",
            cause="The export was cancelled by a person.",
        )


def _refuse_after_email(tx: Transaction, run: RunRow) -> None:
    email = emails.lock(tx, run.ref, EmailKind.COMPLETED)
    if email is not None and email.status is not EmailStatus.PENDING:
        raise ConflictError(
            "The export is about to complete: its e-mail is on its way.",
            code=ProblemCode.RUN_COMPLETING,
        )
