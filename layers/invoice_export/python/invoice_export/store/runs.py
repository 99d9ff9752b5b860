"""Rows of ``exports``: a run, from its request to its end."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from invoice_export.contracts.workflow.run import RunRef
from invoice_export.domain.requests import ExportRequest
from invoice_export.domain.runs import Consistency, RunStatus
from invoice_export.errors import RunNotActiveError
from invoice_export.store.database import Row, Transaction

# The time of a smaller export says little about the time that its rows took.
ROWS_THAT_TELL = 50_000


class RunRow(Row):
    """What the steps need of a run's row."""

    id: UUID
    organization_id: str
    requested_by: str
    status: RunStatus
    generation: int
    day_bucket: date
    request_key: str
    pages_total: int | None
    pages_done: int
    object_key: str | None
    row_count: int | None
    byte_count: int | None
    execution_name: str | None
    execution_arn: str | None
    cancel_requested_at: datetime | None
    format: str
    consistency: Consistency
    dataset: str
    fingerprint: str
    planned_at: datetime | None
    column_widths: list[int] | None

    @property
    def ref(self) -> RunRef:
        return RunRef(
            organization_id=self.organization_id,
            run_id=self.id,
            generation=self.generation,
        )


class GenerationRow(Row):
    """Base of rows that name one generation of a run."""

    organization_id: str
    run_id: UUID
    generation: int

    @property
    def ref(self) -> RunRef:
        return RunRef(
            organization_id=self.organization_id,
            run_id=self.run_id,
            generation=self.generation,
        )


def get(tx: Transaction, run_id: UUID) -> RunRow:
    """Return a run that the caller knows exists."""
    return tx.one(RunRow, "runs.get", run_id=run_id)


def find(tx: Transaction, run_id: UUID) -> RunRow | None:
    """Return a run, or None if this organisation has no such run."""
    return tx.one_or_none(RunRow, "runs.get", run_id=run_id)


def lock(tx: Transaction, run_id: UUID) -> RunRow | None:
    """Lock a run until the transaction ends; None if the organisation lacks it."""
    return tx.one_or_none(RunRow, "runs.lock", run_id=run_id)


def lock_active(tx: Transaction, ref: RunRef) -> RunRow:
    """Lock the run if it is running in this generation: the fence.

    Raises :class:`RunNotActiveError` otherwise: the caller is a zombie.
    """
    return _active(lock(tx, ref.run_id), ref)


def get_active(tx: Transaction, ref: RunRef) -> RunRow:
    """Like :func:`lock_active`, but without the lock, for long reads in parallel.

    What was read counts only after a fence in the transaction that records it.
    """
    return _active(find(tx, ref.run_id), ref)


def _active(run: RunRow | None, ref: RunRef) -> RunRow:
    if (
        run is None
        or run.status is not RunStatus.RUNNING
        or run.generation != ref.generation
    ):
        raise RunNotActiveError(
            f"run {ref.run_id} is not running in generation {ref.generation}"
        )
    return run


def find_today(
    tx: Transaction,
    *,
    organization_id: str,
    requested_by: str,
    dataset: str,
    request_key: str,
) -> RunRow | None:
    """Lock today's run with these options and no key; the database's clock decides."""
    return tx.one_or_none(
        RunRow,
        "runs.find_today",
        organization_id=organization_id,
        requested_by=requested_by,
        dataset=dataset,
        request_key=request_key,
    )


def find_by_key(
    tx: Transaction, *, organization_id: str, requested_by: str, idempotency_key: str
) -> RunRow | None:
    """Lock the requester's run with this idempotency key, of any day."""
    return tx.one_or_none(
        RunRow,
        "runs.find_by_key",
        organization_id=organization_id,
        requested_by=requested_by,
        idempotency_key=idempotency_key,
    )


def count_queued(tx: Transaction, organization_id: str) -> int:
    """Return how many runs of the organisation are queued."""
    count: int = tx.value("runs.count_queued", organization_id=organization_id)
    return count


def rows_per_second(tx: Transaction, organization_id: str) -> float | None:
    """Return how fast the last large exports were; None if there was none."""
    speed = tx.value(
        "runs.rows_per_second",
        organization_id=organization_id,
        at_least=ROWS_THAT_TELL,
    )
    return float(speed) if speed else None


def insert(tx: Transaction, request: ExportRequest, **columns: Any) -> RunRow:
    """Insert a queued run."""
    return tx.one(
        RunRow,
        "runs.insert",
        dataset=request.dataset.name,
        fingerprint=request.dataset.fingerprint,
        request=Jsonb(dict(request.asked)),
        request_key=request.canonical,
        format=request.format,
        consistency=request.consistency,
        **columns,
    )


def requeue(tx: Transaction, run_id: UUID, *, lane_seq: int) -> RunRow:
    """Queue an ended run again, under a new generation."""
    return tx.one(RunRow, "runs.requeue", run_id=run_id, lane_seq=lane_seq)


def needs_new_plan(
    tx: Transaction, run_id: UUID, *, fingerprint: str, part_retention_days: int
) -> bool:
    """Return whether the run's parts or file are of no use any more.

    They are gone or about to expire, or another declaration of the dataset wrote them.
    """
    needed: bool = tx.value(
        "runs.needs_new_plan",
        run_id=run_id,
        fingerprint=fingerprint,
        part_retention_days=part_retention_days,
    )
    return needed


def forget_plan(tx: Transaction, run_id: UUID, *, fingerprint: str) -> None:
    """Delete the plan and the page rows; the next plan is of this declaration."""
    tx.execute("runs.forget_plan", run_id=run_id, fingerprint=fingerprint)


def record_file(tx: Transaction, run_id: UUID, **columns: Any) -> None:
    """Record the composed file."""
    tx.execute("runs.record_file", run_id=run_id, **columns)


def finish(
    tx: Transaction,
    run_id: UUID,
    status: RunStatus,
    *,
    error_code: str | None = None,
    error_message: str | None = None,
) -> None:
    """Record the run's terminal status."""
    tx.execute(
        "runs.finish",
        run_id=run_id,
        status=status,
        error_code=error_code,
        error_message=error_message,
    )


def cancel(tx: Transaction, run_id: UUID) -> RunRow:
    """Record that a person cancelled the run."""
    return tx.one(RunRow, "runs.cancel", run_id=run_id)


def lock_for_cleanup(tx: Transaction, run_id: UUID) -> RunRow | None:
    """Lock an ended run whose objects are still to be removed.

    None if nothing is left to do, or if another transaction holds the row.
    """
    return tx.one_or_none(RunRow, "runs.lock_for_cleanup", run_id=run_id)


def mark_clean(tx: Transaction, run_id: UUID) -> None:
    """Record that nothing of the run is left to clean up."""
    tx.execute("runs.mark_clean", run_id=run_id)
