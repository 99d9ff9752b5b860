"""What SES would publish of a mail: the local engines never do, so a person may."""

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
    """What may become of a mail."""

    DELIVERY = "delivery"
    HARD_BOUNCE = "hard-bounce"
    SOFT_BOUNCE = "soft-bounce"
    COMPLAINT = "complaint"
    REJECT = "reject"


def event_of(
    kind: MailEvent, *, run_id: str, message_id: str, address: str
) -> dict[str, Any]:
    """The event in SES's words."""
    now = datetime.now(UTC).isoformat()
    feedback = {"feedbackId": str(uuid4()), "timestamp": now}
    recipients = [{"emailAddress": address}]
    about: dict[MailEvent, tuple[str, dict[str, Any]]] = {
        MailEvent.DELIVERY: ("Delivery", {"delivery": {"recipients": [address]}}),
        MailEvent.HARD_BOUNCE: (
            "Bounce",
            {
                "bounce": {
                    **feedback,
                    "bounceType": "Permanent",
                    "bouncedRecipients": recipients,
                }
            },
        ),
        MailEvent.SOFT_BOUNCE: (
            "Bounce",
            {
                "bounce": {
                    **feedback,
                    "bounceType": "Transient",
                    "bouncedRecipients": recipients,
                }
            },
        ),
        MailEvent.COMPLAINT: (
            "Complaint",
            {"complaint": {**feedback, "complainedRecipients": recipients}},
        ),
        MailEvent.REJECT: ("Reject", {"reject": {"reason": "Bad content"}}),
    }
    event_type, details = about[kind]
    mail = {
        "timestamp": now,
        "messageId": message_id,
        "destination": [address],
        "tags": {"run_id": [run_id]},
    }
    return {"eventType": event_type, "mail": mail, **details}


def post(
    laptop: Laptop,
    facts: dict[str, str],
    kind: MailEvent,
    run_id: str,
    address: str | None,
) -> str:
    """Put the event into the stack's queue; returns the address it is about."""
    sent = [m for m in sent_mails(facts["mailbox_url"]) if run_id in m["BodyText"]]
    if address is None:
        if not sent:
            raise LaptopError(f"No mail of run {run_id} was sent: name an --address.")
        address = str(sent[-1]["To"][0])
    message_id = str(sent[-1].get("MessageId", "")) if sent else str(uuid4())
    event = event_of(kind, run_id=run_id, message_id=message_id, address=address)
    aws_client(laptop, "sqs").send_message(
        QueueUrl=facts["email_events_queue_url"], MessageBody=json.dumps(event)
    )
    return address
