"""Creates the senders of events."""

from invoice_export.adapters.event_queue import EventBus, EventQueue
from invoice_export.wiring.clients import make_client, prepare_client

prepare_client("events")
prepare_client("sqs")


def make_event_queue(url: str) -> EventQueue | None:
    """Return the event queue, or None on a stage without one."""
    return EventQueue(make_client("sqs"), url) if url else None


def make_event_bus(name: str) -> EventBus:
    """Return the event bus."""
    return EventBus(make_client("events"), name)
