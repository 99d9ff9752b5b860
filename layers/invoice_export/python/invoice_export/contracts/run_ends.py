"""What an event tells of a run's end, for the description of webhooks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from invoice_export.contracts.wire import Wire
from invoice_export.domain.runs import RunStatus


def _absent(described: dict[str, Any]) -> None:
    del described["default"]


# Where it does not apply, the key is absent: it is never null.
IfAny = Field(None, json_schema_extra=_absent)


class RunEnd(Wire):
    """The run that has ended, in ids, times and counts."""

    organization_id: str
    run_id: UUID
    dataset: str
    attempt: int
    status: RunStatus
    requested_at: datetime
    completed_at: datetime
    queue_seconds: float | SkipJsonSchema[None] = IfAny
    run_seconds: float | SkipJsonSchema[None] = IfAny
    row_count: int | SkipJsonSchema[None] = IfAny
    bytes: int | SkipJsonSchema[None] = IfAny
    error_code: str | SkipJsonSchema[None] = IfAny


class RunEndMessage(Wire):
    """What a webhook is sent: :class:`OutboundEvent`, as its receiver sees it."""

    id: UUID
    type: str
    occurred_at: datetime
    data: RunEnd
