"""Delivers one event to one receiver: the bus, or a customer's server."""

import time

from invoice_export.adapters.event_queue import EventBus
from invoice_export.adapters.webhooks import Webhooks
from invoice_export.contracts.events import Delivery
from invoice_export.domain.webhooks import SIGNATURE_HEADER, sign


def deliver_event(delivery: Delivery, bus: EventBus, webhooks: Webhooks) -> None:
    """Deliver once; after an error, the queue delivers again.

    Raises :class:`EventsUnavailableError` and :class:`WebhookFailedError`.
    """
    if delivery.url is None or delivery.secret is None:
        bus.put(delivery.event)
        return
    body = delivery.event.dump_json().encode()
    signature = sign(delivery.secret, timestamp=int(time.time()), body=body)
    webhooks.post(
        delivery.url,
        body,
        {
            "Content-Type": "application/json",
            "User-Agent": "invoice-export",
            "X-Export-Event": delivery.event.type,
            "X-Export-Event-Id": str(delivery.event.id),
            SIGNATURE_HEADER: signature,
        },
    )
