"""The events that we publish."""

from datetime import datetime
from typing import Any
from uuid import UUID

from invoice_export.contracts.messages import Message


class OutboundEvent(Message):
    """A published event: ``export.completed``, ``.failed`` or ``.cancelled``."""

    id: UUID
    type: str
    occurred_at: datetime
    data: dict[str, Any]

    @property
    def run(self) -> dict[str, Any]:
        """The run that has ended, as keys of a log line."""
        return {
            "organization_id": self.data.get("organizationId"),
            "run_id": self.data.get("runId"),
            "generation": self.data.get("attempt"),
        }


class Delivery(Message):
    """One event for one receiver: the bus, or a webhook with its secret."""

    event: OutboundEvent
    url: str | None = None
    secret: str | None = None
