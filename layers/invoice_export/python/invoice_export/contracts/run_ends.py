"""What an event tells of a run's end, for the description of webhooks."""

from uuid import UUID

from msgspec import UNSET, UnsetType

from invoice_export.contracts.answer import Answer, Instant
from invoice_export.domain.runs import RunStatus


class RunEnd(Answer):
    """The run that has ended, in ids, times and counts."""

    organization_id: str
    run_id: UUID
    dataset: str
    attempt: int
    status: RunStatus
    requested_at: Instant
    completed_at: Instant
    # Where one of these does not apply, its key is absent: it is never null.
    queue_seconds: float | UnsetType = UNSET
    run_seconds: float | UnsetType = UNSET
    row_count: int | UnsetType = UNSET
    bytes: int | UnsetType = UNSET
    error_code: str | UnsetType = UNSET


class RunEndMessage(Answer):
    """What a webhook is sent: :class:`OutboundEvent`, as its receiver sees it."""

    id: UUID
    type: str
    occurred_at: Instant
    data: RunEnd
