"""Rows as the queries return them."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from invoice_export.contracts.events import OutboundEvent
from invoice_export.contracts.terms import (
    Consistency,
    EmailStatus,
    FileFormat,
    Role,
    RunStatus,
)
from invoice_export.contracts.workflow import RunRef


class Row(BaseModel):
    """Base: frozen; a query may return more columns than are asked for."""

    model_config = ConfigDict(frozen=True)


class RunRow(Row):
    """What the steps need of a row of ``exports``."""

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
    format: FileFormat
    consistency: Consistency
    planned_at: datetime | None

    @property
    def ref(self) -> RunRef:
        return RunRef(
            organization_id=self.organization_id,
            run_id=self.id,
            generation=self.generation,
        )


class GenerationRow(Row):
    """A row that names one generation of a run."""

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


class StartRow(GenerationRow):
    """A row of the outbox: an execution that is to be started."""

    execution_name: str
    input: str


class PlanRow(Row):
    """Where pages begin and the last one ends; the cut-off of all."""

    page_starts_at: list[datetime]
    page_start_ids: list[UUID]
    last_created_at: datetime
    last_id: UUID
    planned_at: datetime

    def every(self, hops: int) -> Self:
        """Make one page of so many."""
        starts = {
            "page_starts_at": self.page_starts_at[::hops],
            "page_start_ids": self.page_start_ids[::hops],
        }
        return self.model_copy(update=starts)


class PageNumberRow(Row):
    """A page that is still to be written."""

    page: int


class PageBoundsRow(Row):
    """One page's keys: from the first, before the next, up to the last of all."""

    start_created_at: datetime
    start_id: UUID
    next_created_at: datetime | None
    next_id: UUID | None
    last_created_at: datetime
    last_id: UUID
    planned_at: datetime


class PageRow(Row):
    """A finished page."""

    page: int
    row_count: int
    byte_count: int
    etag: str
    sha256: str | None
    crc32: int | None


class EmailRow(Row):
    """A delivery; ``attempts`` names the claim that it is under."""

    id: UUID
    status: EmailStatus
    attempts: int
    generation: int
    claim_expired: bool | None


class RecipientRow(Row):
    """Whom to write to, and why not."""

    name: str
    email: str
    organization_name: str
    suppressed_for: str | None


class MembershipRow(Row):
    """The caller in one organisation."""

    role: Role
    organization_name: str


class UserMembershipRow(Row):
    """One organisation of a user; none in the row when there is none."""

    user_name: str
    organization_id: str | None
    organization_name: str | None
    role: Role | None


class StatusRow(Row):
    """A run as its watchers see it."""

    run_id: UUID
    organization_id: str
    requested_by: str
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
    format: FileFormat
    consistency: Consistency
    file_crc32: str | None
    download_url: str | None
    file_expires_at: datetime | None
    error_code: str | None
    error_message: str | None
    execution_arn: str | None
    day_bucket: date
    object_key: str | None
    email: EmailStatus | None

    @property
    def ref(self) -> RunRef:
        return RunRef(
            organization_id=self.organization_id,
            run_id=self.run_id,
            generation=self.attempt_count,
        )


class AuditRow(Row):
    """A line of the audit log."""

    id: UUID
    action: str
    subject: str | None
    actor: str | None
    payload: dict[str, Any]
    created_at: datetime


class WaitingRow(Row):
    """A run that could start but for the cap."""

    organization_id: str
    run_id: UUID


class ReconcileRow(GenerationRow):
    """A run that the sweep has to look at, and why."""

    reason: str


class UnpublishedRow(Row):
    """An event that nobody has been told yet."""

    organization_id: str
    event_id: UUID


class EventRow(Row):
    """An event of the outbox, and the organisation's webhook if it has one."""

    id: UUID
    type: str
    payload: dict[str, Any]
    created_at: datetime
    webhook_url: str | None
    webhook_secret: str | None

    @property
    def event(self) -> OutboundEvent:
        return OutboundEvent(
            id=self.id,
            type=self.type,
            occurred_at=self.created_at,
            data=self.payload,
        )


class WebhookRow(Row):
    """Where an organisation's events go; the secret stays in the database."""

    organization_id: str
    url: str
    set_by: str
    set_at: datetime
