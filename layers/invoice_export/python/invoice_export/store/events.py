"""Rows of ``event_outbox``: the ends of runs, for subscribers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from invoice_export.contracts.events import OutboundEvent
from invoice_export.store.database import Row, Transaction


class UnpublishedRow(Row):
    """An event that is still to be published."""

    organization_id: str
    event_id: UUID


class EventRow(Row):
    """An event, and the organisation's webhook if it has one."""

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


def insert(tx: Transaction, run_id: UUID, event_type: str) -> None:
    """Publish the run's end after the commit; once per generation and type."""
    tx.execute("events.insert", run_id=run_id, type=event_type)


def list_unpublished(tx: Transaction, *, at_most: int) -> list[UnpublishedRow]:
    """Return the oldest unpublished events of all organisations."""
    return tx.all(UnpublishedRow, "events.list_unpublished", at_most=at_most)


def lock_unpublished(tx: Transaction, event_id: UUID) -> EventRow | None:
    """Lock an event; None if it has been published meanwhile."""
    return tx.one_or_none(EventRow, "events.lock", id=event_id)


def mark_published(tx: Transaction, event_id: UUID) -> None:
    """Record that the queue has the event."""
    tx.execute("events.mark_published", id=event_id)
