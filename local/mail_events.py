"""Delivery events of SES, which local engines do not publish, posted by hand."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from local.aws import aws_client
from local.config import Laptop
from local.errors import LaptopError
from local.mailbox import sent_mails


class MailEvent(StrEnum):
    """What can happen to an e-mail after SES accepted it."""

    DELIVERY = "delivery"
    HARD_BOUNCE = "hard-bounce"
    SOFT_BOUNCE = "soft-bounce"
    COMPLAINT = "complaint"
    REJECT = "reject"


def event_of(
    kind: MailEvent, *, run_id: str, message_id: str, address: str
) -> dict[str, Any]:
    """Return the event as SES publishes it."""
    now = datetime.now(UTC).isoformat()
    feedback = {"feedbackId": str(uuid4()), "timestamp": now}
    recipients = [{"emailAddress": address}]
    bounce = {**feedback, "bouncedRecipients": recipients}
    complaint = {**feedback, "complainedRecipients": recipients}
    kinds: dict[MailEvent, tuple[str, dict[str, Any]]] = {
        MailEvent.DELIVERY: ("Delivery", {"recipients": [address]}),
        MailEvent.HARD_BOUNCE: ("Bounce", {**bounce, "bounceType": "Permanent"}),
        MailEvent.SOFT_BOUNCE: ("Bounce", {**bounce, "bounceType": "Transient"}),
        MailEvent.COMPLAINT: ("Complaint", complaint),
        MailEvent.REJECT: ("Reject", {"reason": "Bad content"}),
    }
    event_type, details = kinds[kind]
    mail = {
        "timestamp": now,
        "messageId": message_id,
        "destination": [address],
        "tags": {"run_id": [run_id]},
    }
    return {"eventType": event_type, "mail": mail, event_type.lower(): details}


def post(
    laptop: Laptop,
    facts: dict[str, str],
    kind: MailEvent,
    run_id: str,
    address: str | None,
) -> str:
    """Send the event to the stack's queue and return the recipient's address."""
    mails = sent_mails(facts["mailbox_url"])
    sent = [mail for mail in mails if run_id in mail["BodyText"]]
    if address is None:
        if not sent:
            raise LaptopError(
                f"Run {run_id} has sent no e-mail. Name the recipient with --address."
            )
        address = str(sent[-1]["To"][0])
    message_id = str(sent[-1].get("MessageId", "")) if sent else str(uuid4())
    event = event_of(kind, run_id=run_id, message_id=message_id, address=address)
    aws_client(laptop, "sqs").send_message(
        QueueUrl=facts["email_events_queue_url"], MessageBody=json.dumps(event)
    )
    return address
