"""Empties the outbox into the queue: committed first, sent after, marked last."""

from invoice_export.adapters.event_queue import EventQueue
from invoice_export.adapters.postgres import Database
from invoice_export.adapters.rows import EventRow, UnpublishedRow
from invoice_export.adapters.run_log import log_scope, logger, name_run
from invoice_export.contracts.events import Delivery, OutboundEvent

# What one sweep sends; the next one goes on from there.
AT_MOST = 100


def publish_events(db: Database, queue: EventQueue) -> list[OutboundEvent]:
    """Send what ended runs have left in the outbox, and return it.

    A crash between sending and marking sends again: every event has an id of its
    own, and whoever is told may be told twice, but never not at all.
    """
    with db.system() as tx:
        waiting = tx.all(UnpublishedRow, "unpublished_events", at_most=AT_MOST)
    published = []
    for found in waiting:
        with db.tenant(found.organization_id) as tx:
            row = tx.one(EventRow, "lock_event", id=found.event_id)
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
            tx.execute("event_published", id=found.event_id)
        with log_scope():
            name_run(**row.event.run)
            logger.info("event sent to the queue", event_id=str(row.id))
        published.append(row.event)
    return published


def oldest_run_seconds(db: Database) -> float:
    """Return for how long the oldest run that has not ended has been open."""
    with db.system() as tx:
        return float(tx.value("oldest_run_seconds"))
