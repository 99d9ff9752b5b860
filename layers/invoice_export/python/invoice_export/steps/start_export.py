"""Accepts an export: one run per requester, day and key, whatever is clicked."""

from dataclasses import dataclass

from invoice_export.adapters.audit import append_audit
from invoice_export.adapters.lane import lock_lane, promote_next
from invoice_export.adapters.postgres import Database, Transaction
from invoice_export.adapters.rows import RunRow, StartRow
from invoice_export.contracts.http import StartExportRequest
from invoice_export.contracts.terms import RunStatus
from invoice_export.errors import TooManyRequestsError, UnprocessableError

DEFAULT_KEY = "default"
RETRY_AFTER_SECONDS = 30


@dataclass(frozen=True)
class LanePolicy:
    """The caps of a stage, and how long parts are kept."""

    max_running: int
    max_queued_per_organization: int
    part_retention_days: int


@dataclass(frozen=True)
class Accepted:
    """The run that a start led to, and the execution that is to be started, if any."""

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
    request: StartExportRequest | None = None,
) -> Accepted:
    """Find today's run or make one; queue a failed or cancelled one again.

    Writes rows only: the caller starts the execution after this has been committed.
    Raises :class:`TooManyRequestsError` when the organisation's queue is full, and
    :class:`UnprocessableError` when the run found has other options than asked for.
    """
    request = request or StartExportRequest()
    with db.tenant(organization_id) as tx:
        lock_lane(tx, organization_id)
        run = tx.one(
            RunRow,
            "find_run_of_today",
            organization_id=organization_id,
            requested_by=requested_by,
            request_key=idempotency_key or DEFAULT_KEY,
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
        elif not request.agrees_with(
            StartExportRequest(format=run.format, consistency=run.consistency),
            strictly=idempotency_key is not None,
        ):
            raise UnprocessableError(
                f"This export was started as {run.format}, consistency"
                f" {run.consistency}. Ask for another with a new Idempotency-Key.",
                code="OPTIONS_DIFFER",
            )
        elif run.status in (RunStatus.FAILED, RunStatus.CANCELLED):
            run = requeue(tx, run, actor=requested_by, policy=policy)
        else:
            return Accepted(run, deduplicated=True, start=None)
        start = promote_next(tx, organization_id, max_running=policy.max_running)
        return Accepted(_now(tx, run), deduplicated=False, start=start)


def requeue(tx: Transaction, run: RunRow, *, actor: str, policy: LanePolicy) -> RunRow:
    """Put an ended run at the end of its lane, under a new generation.

    Its finished pages are kept, unless parts or file are gone or about to go.
    """
    _refuse_when_full(tx, run.organization_id, policy)
    if tx.value(
        "needs_new_plan",
        run_id=run.id,
        part_retention_days=policy.part_retention_days,
    ):
        tx.execute("forget_plan", run_id=run.id)
    place = tx.value("next_place", organization_id=run.organization_id)
    requeued = tx.one(RunRow, "requeue_run", run_id=run.id, lane_seq=place)
    assert requeued is not None, "the caller holds the row"  # noqa: S101
    _audit_request(tx, requeued, actor)
    return requeued


def _insert(
    tx: Transaction,
    *,
    organization_id: str,
    requested_by: str,
    idempotency_key: str | None,
    request: StartExportRequest,
    policy: LanePolicy,
) -> RunRow:
    _refuse_when_full(tx, organization_id, policy)
    run = tx.one(
        RunRow,
        "insert_run",
        organization_id=organization_id,
        requested_by=requested_by,
        request_key=idempotency_key or DEFAULT_KEY,
        idempotency_key=idempotency_key,
        lane_seq=tx.value("next_place", organization_id=organization_id),
        format=request.format,
        consistency=request.consistency,
    )
    assert run is not None, "INSERT … RETURNING returns a row"  # noqa: S101
    _audit_request(tx, run, requested_by)
    return run


def _audit_request(tx: Transaction, run: RunRow, actor: str) -> None:
    append_audit(
        tx,
        organization_id=run.organization_id,
        event="requested",
        run_id=run.id,
        actor=actor,
        payload={"attempt": run.generation},
        once=run.generation,
    )


def _refuse_when_full(
    tx: Transaction, organization_id: str, policy: LanePolicy
) -> None:
    queued = tx.value("count_queued", organization_id=organization_id)
    if queued >= policy.max_queued_per_organization:
        raise TooManyRequestsError(
            f"{queued} exports of this organisation wait already. Try again later.",
            code="QUEUE_FULL",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )


def _now(tx: Transaction, run: RunRow) -> RunRow:
    row = tx.one(RunRow, "get_run", run_id=run.id)
    assert row is not None, "the row was just written"  # noqa: S101
    return row
