"""Lets a failed or cancelled run go on: same id, same link, finished pages kept."""

from uuid import UUID

from invoice_export.adapters.lane import lock_lane, promote_next
from invoice_export.adapters.postgres import Database
from invoice_export.adapters.rows import RunRow
from invoice_export.contracts.terms import Role, RunStatus
from invoice_export.errors import ConflictError
from invoice_export.steps.find_run import find_own_run
from invoice_export.steps.start_export import Accepted, LanePolicy, requeue


def retry_export(
    db: Database,
    *,
    organization_id: str,
    run_id: UUID,
    user_id: str,
    role: Role,
    policy: LanePolicy,
) -> Accepted:
    """Queue the run again; one that is queued or running is left as it is.

    Raises :class:`NotFoundError`, :class:`ForbiddenError`, :class:`ConflictError` for
    a completed run, and :class:`TooManyRequestsError`.
    """
    with db.tenant(organization_id) as tx:
        lock_lane(tx, organization_id)
        run = find_own_run(tx, run_id, user_id=user_id, role=role)
        if run.status is RunStatus.COMPLETED:
            raise ConflictError(
                "This export is completed. Start a new one instead.",
                code="RUN_COMPLETED",
            )
        if not run.status.terminal:
            return Accepted(run, deduplicated=True, start=None)
        requeue(tx, run, actor=user_id, policy=policy)
        start = promote_next(tx, organization_id, max_running=policy.max_running)
        row = tx.one(RunRow, "get_run", run_id=run_id)
        assert row is not None, "the row is locked by this transaction"  # noqa: S101
        return Accepted(row, deduplicated=False, start=start)
