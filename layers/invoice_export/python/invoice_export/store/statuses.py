"""A run as its watchers see it; made for a poll every second."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from invoice_export.contracts.workflow.run import RunRef
from invoice_export.domain.emails import EmailReport, EmailStatus
from invoice_export.domain.positions import Position
from invoice_export.domain.runs import Consistency, RunStatus
from invoice_export.store.database import Row, Transaction


class StatusRow(Row):
    """A run with its place in the queue and its e-mail."""

    run_id: UUID
    organization_id: str
    requested_by: str
    requester_name: str | None
    status: RunStatus
    attempt_count: int
    pages_done: int
    pages_total: int | None
    rows_done: int
    bytes_done: int
    queue_position: int | None
    requested_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    row_count: int | None
    byte_count: int | None
    format: str
    consistency: Consistency
    dataset: str
    request: dict[str, Any]
    file_crc32: str | None
    download_url: str | None
    file_expires_at: datetime | None
    error_code: str | None
    error_message: str | None
    execution_arn: str | None
    day_bucket: date
    object_key: str | None
    email: EmailStatus | None
    email_report: EmailReport | None

    @property
    def position(self) -> Position:
        return Position(self.requested_at, self.run_id)

    @property
    def ref(self) -> RunRef:
        return RunRef(
            organization_id=self.organization_id,
            run_id=self.run_id,
            generation=self.attempt_count,
        )


def find(tx: Transaction, run_id: UUID) -> StatusRow | None:
    """Return a run, or None if this organisation has no such run."""
    return tx.one_or_none(StatusRow, "statuses.get", run_id=run_id)


def get(tx: Transaction, run_id: UUID) -> StatusRow:
    """Return a run that the caller knows exists."""
    return tx.one(StatusRow, "statuses.get", run_id=run_id)


def list_page(
    tx: Transaction,
    organization_id: str,
    *,
    after: Position,
    limit: int,
    status: RunStatus | None,
    requested_by: str | None,
) -> list[StatusRow]:
    """Return the next runs, newest first, of this status and requester if given."""
    return tx.all(
        StatusRow,
        "statuses.list_page",
        organization_id=organization_id,
        after_at=after.at,
        after_id=after.id,
        limit=limit,
        status=status,
        requested_by=requested_by,
    )
