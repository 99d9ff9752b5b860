"""Publishes the outbox to the queue: committed first, sent next, marked last."""

from invoice_export.adapters.event_queue import EventQueue
from invoice_export.adapters.run_log import log_scope, logger, name_run
from invoice_export.contracts.events import Delivery, OutboundEvent
from invoice_export.store import events, sweep
from invoice_export.store.database import Database

# How many events one sweep sends; the next sweep continues.
AT_MOST = 100


def publish_events(db: Database, queue: EventQueue) -> list[OutboundEvent]:
    """Send the outbox's events to the queue, and return them.

    A crash between sending and marking sends again. Each event has an id, so a
    subscriber can drop a duplicate; no event is lost.
    """
    with db.system() as tx:
        waiting = events.list_unpublished(tx, at_most=AT_MOST)
    published = []
    for found in waiting:
        with db.tenant(found.organization_id) as tx:
            row = events.lock_unpublished(tx, found.event_id)
            if row is None:
                continue
            queue.send(Delivery(event=row.event))
            if row.webhook_url and row.webhook_secret:
                queue.send(
                    Delivery(
                        event=row.event,
                        url=row.webhook_url,
                        secret=row.webhook_secret,
                    )
                )
            events.mark_published(tx, found.event_id)
        with log_scope():
            name_run(**row.event.run)
            logger.info("event sent to the queue", event_id=str(row.id))
        published.append(row.event)
    return published


def oldest_run_seconds(db: Database) -> float:
    """Return the age of the oldest run that has not ended, in seconds."""
    with db.system() as tx:
        return sweep.oldest_run_seconds(tx)
