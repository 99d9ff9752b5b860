"""Record Email Events: records what SES reports about an e-mail."""

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

from invoice_export.adapters.run_log import log_scope, name_run
from invoice_export.contracts.email_events import EmailEvent, is_set_up_message
from invoice_export.settings import DatabaseSettings, Positive, Settings
from invoice_export.steps.record_email_events import record_email_event
from invoice_export.store.database import Database
from invoice_export.wiring.database import make_database

logger = Logger()
# An unreadable message goes back alone, and ends in the dead-letter queue.
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


class RecordEmailEventsSettings(Settings):
    """Of this function alone."""

    soft_bounce_limit: Positive


@cache
def dependencies() -> tuple[RecordEmailEventsSettings, Database]:
    return RecordEmailEventsSettings.read(), make_database(DatabaseSettings.read())


def record_message(record: SQSRecord) -> None:
    settings, db = dependencies()
    with log_scope():
        if is_set_up_message(record.body):
            logger.info("SES tried the topic")
            return
        event = EmailEvent.read(record.body)
        name_run(**event.mail.run)
        record_email_event(db, event, soft_bounces=settings.soft_bounce_limit)
        logger.info("event recorded", event_type=event.event_type)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return dict(process_partial_response(event, record_message, processor, context))
