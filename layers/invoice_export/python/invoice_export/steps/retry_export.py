"""Retries a failed or cancelled run: same id, same link, finished pages kept."""

import json
from uuid import UUID

from pydantic import ValidationError

from invoice_export.contracts.requests import parse
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.domain.requests import ExportRequest
from invoice_export.domain.roles import Role
from invoice_export.domain.runs import RunStatus
from invoice_export.errors import ConflictError
from invoice_export.steps.find_run import lock_own_run
from invoice_export.steps.start_export import Accepted, LanePolicy, requeue
from invoice_export.store import lane, runs
from invoice_export.store.database import Database
from invoice_export.store.runs import RunRow


def retry_export(
    db: Database,
    *,
    organization_id: str,
    run_id: UUID,
    user_id: str,
    role: Role,
    policy: LanePolicy,
) -> Accepted:
    """Queue the run again; a queued or running one stays as it is.

    Raises :class:`NotFoundError`, :class:`ForbiddenError`, :class:`ConflictError` for a
    completed run and for one whose dataset has changed too much, and
    :class:`TooManyRequestsError`.
    """
    with db.tenant(organization_id) as tx:
        lane.lock(tx, organization_id)
        run = lock_own_run(tx, run_id, user_id=user_id, role=role)
        if run.status is RunStatus.COMPLETED:
            raise ConflictError(
                "This export has completed. Start a new one instead.",
                code=ProblemCode.RUN_COMPLETED,
            )
        if not run.status.terminal:
            return Accepted(run, deduplicated=True, start=None)
        requeue(tx, run, _request(db, run), actor=user_id, policy=policy)
        start = lane.promote_next(tx, organization_id, max_running=policy.max_running)
        return Accepted(runs.get(tx, run_id), deduplicated=False, start=start)


def _request(db: Database, run: RunRow) -> ExportRequest:
    """Return the run's request in terms of the present declarations."""
    options = {**json.loads(run.request_key), "dataset": run.dataset}
    try:
        return parse(db.datasets, options)
    except ValidationError as exc:
        raise ConflictError(
            "What can be exported has changed since this export was requested. Start a"
            " new one instead.",
            code=ProblemCode.DATASET_CHANGED,
        ) from exc
