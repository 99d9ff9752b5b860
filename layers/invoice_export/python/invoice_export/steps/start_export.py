"""Accepts a request for an export: one run per requester, day and options, or key."""

from typing import NamedTuple

from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.domain.requests import ExportRequest
from invoice_export.domain.runs import RunStatus
from invoice_export.errors import TooManyRequestsError, UnprocessableError
from invoice_export.store import audit, lane, runs
from invoice_export.store.database import Database, Transaction
from invoice_export.store.runs import RunRow
from invoice_export.store.starts import StartRow

RETRY_AFTER_SECONDS = 30


class LanePolicy(NamedTuple):
    """The caps of a stage, and how long parts are kept."""

    max_running: int
    max_queued_per_organization: int
    part_retention_days: int


class Accepted(NamedTuple):
    """The run of a request, and the execution to start, if any."""

    run: RunRow
    deduplicated: bool
    start: StartRow | None


def start_export(
    db: Database,
    *,
    organization_id: str,
    requested_by: str,
    idempotency_key: str | None,
    policy: LanePolicy,
    request: ExportRequest,
) -> Accepted:
    """Find the run of this request or insert one; queue a failed one again.

    An idempotency key names the requester's run at any time. Without a key, equal
    options on the same day (UTC, by the database's clock) mean the same run. A
    cancelled run is queued again like a failed one.

    Writes rows only: the caller starts the execution after the commit. Raises
    :class:`TooManyRequestsError` if the organisation's queue is full, and
    :class:`UnprocessableError` if the key's run has other options.
    """
    with db.tenant(organization_id) as tx:
        lane.open_lane(tx, organization_id)
        run = _find(
            tx,
            organization_id=organization_id,
            requested_by=requested_by,
            idempotency_key=idempotency_key,
            request=request,
        )
        if run is None:
            run = _insert(
                tx,
                organization_id=organization_id,
                requested_by=requested_by,
                idempotency_key=idempotency_key,
                request=request,
                policy=policy,
            )
        elif run.status in (RunStatus.FAILED, RunStatus.CANCELLED):
            run = requeue(tx, run, request, actor=requested_by, policy=policy)
        else:
            return Accepted(run, deduplicated=True, start=None)
        start = lane.promote_next(tx, organization_id, max_running=policy.max_running)
        return Accepted(runs.get(tx, run.id), deduplicated=False, start=start)


def requeue(
    tx: Transaction,
    run: RunRow,
    request: ExportRequest,
    *,
    actor: str,
    policy: LanePolicy,
) -> RunRow:
    """Put an ended run at the end of its lane, under a new generation.

    Its finished pages are kept, unless parts or file are gone or about to expire, or
    the dataset has changed since they were written.
    """
    _refuse_when_full(tx, run.organization_id, policy)
    fingerprint = request.dataset.fingerprint
    if runs.needs_new_plan(
        tx,
        run.id,
        fingerprint=fingerprint,
        part_retention_days=policy.part_retention_days,
    ):
        runs.forget_plan(tx, run.id, fingerprint=fingerprint)
    place = lane.next_place(tx, run.organization_id)
    requeued = runs.requeue(tx, run.id, lane_seq=place)
    _audit_request(tx, requeued, request, actor)
    return requeued


def _find(
    tx: Transaction,
    *,
    organization_id: str,
    requested_by: str,
    idempotency_key: str | None,
    request: ExportRequest,
) -> RunRow | None:
    if idempotency_key is None:
        return runs.find_today(
            tx,
            organization_id=organization_id,
            requested_by=requested_by,
            dataset=request.dataset.name,
            request_key=request.canonical,
        )
    run = runs.find_by_key(
        tx,
        organization_id=organization_id,
        requested_by=requested_by,
        idempotency_key=idempotency_key,
    )
    if run is not None and (run.dataset, run.request_key) != (
        request.dataset.name,
        request.canonical,
    ):
        raise UnprocessableError(
            f"This Idempotency-Key belongs to an export of {run.dataset} with the"
            f" options {run.request_key}. Send a new key to start another export.",
            code=ProblemCode.OPTIONS_DIFFER,
        )
    return run


def _insert(
    tx: Transaction,
    *,
    organization_id: str,
    requested_by: str,
    idempotency_key: str | None,
    request: ExportRequest,
    policy: LanePolicy,
) -> RunRow:
    _refuse_when_full(tx, organization_id, policy)
    run = runs.insert(
        tx,
        request,
        organization_id=organization_id,
        requested_by=requested_by,
        idempotency_key=idempotency_key,
        lane_seq=lane.next_place(tx, organization_id),
    )
    _audit_request(tx, run, request, requested_by)
    return run


def _audit_request(
    tx: Transaction, run: RunRow, request: ExportRequest, actor: str
) -> None:
    audit.append(
        tx,
        organization_id=run.organization_id,
        dataset=run.dataset,
        event="requested",
        run_id=run.id,
        actor=actor,
        payload={"attempt": run.generation}
        | ({"request": dict(request.asked)} if request.asked else {}),
        once=run.generation,
    )


def _refuse_when_full(
    tx: Transaction, organization_id: str, policy: LanePolicy
) -> None:
    queued = runs.count_queued(tx, organization_id)
    if queued >= policy.max_queued_per_organization:
        raise TooManyRequestsError(
            f"{queued} exports of this organisation are already queued."
            " Try again later.",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
