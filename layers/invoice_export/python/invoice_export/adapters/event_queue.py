"""The queue between the outbox and its subscribers, and the event bus."""

from typing import TYPE_CHECKING

from invoice_export.adapters.aws_errors import botocore_error, client_error
from invoice_export.contracts.events import Delivery, OutboundEvent
from invoice_export.errors import EventsUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

SOURCE = "invoice-export"


class EventQueue:
    """Holds one message per event and receiver."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._sqs = client
        self._url = url

    def send(self, delivery: Delivery) -> None:
        """Raises :class:`EventsUnavailableError`; the message may have been sent."""
        body = delivery.dump_json()
        try:
            self._sqs.send_message(QueueUrl=self._url, MessageBody=body)
        except (client_error(), botocore_error()) as exc:
            raise EventsUnavailableError(type(exc).__name__) from exc


class EventBus:
    """An EventBridge bus, on which subscribers have rules."""

    def __init__(self, client: "EventBridgeClient", name: str) -> None:
        self._events = client
        self._name = name

    def put(self, event: OutboundEvent) -> None:
        """Raises :class:`EventsUnavailableError` if the bus did not accept it."""
        try:
            answer = self._events.put_events(
                Entries=[
                    {
                        "EventBusName": self._name,
                        "Source": SOURCE,
                        "DetailType": event.type,
                        "Time": event.occurred_at,
                        "Detail": event.dump_json(),
                    }
                ]
            )
        except (client_error(), botocore_error()) as exc:
            raise EventsUnavailableError(type(exc).__name__) from exc
        if answer["FailedEntryCount"]:
            raise EventsUnavailableError(answer["Entries"][0].get("ErrorCode", ""))
