"""Deliver Events: sends an event to the bus or to a customer's server."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from invoice_export.adapters.event_queue import EventBus
from invoice_export.adapters.run_log import log_scope, name_run
from invoice_export.adapters.webhooks import Webhooks
from invoice_export.contracts.events import Delivery
from invoice_export.settings import Settings
from invoice_export.steps.deliver_event import deliver_event
from invoice_export.wiring.events import make_event_bus

logger = Logger()
# One receiver that is down does not delay the others.
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


class DeliverEventsSettings(Settings):
    """Of this function alone."""

    event_bus_name: str = ""


@cache
def dependencies() -> tuple[EventBus, Webhooks]:
    return make_event_bus(DeliverEventsSettings.read().event_bus_name), Webhooks()


def deliver(record: SQSRecord) -> None:
    bus, webhooks = dependencies()
    with log_scope():
        delivery = Delivery.parse_json(record.body)
        name_run(**delivery.event.run)
        deliver_event(delivery, bus, webhooks)
        logger.info(
            "event delivered",
            event_id=str(delivery.event.id),
            receiver="webhook" if delivery.url else "bus",
        )


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return dict(process_partial_response(event, deliver, processor, context))
