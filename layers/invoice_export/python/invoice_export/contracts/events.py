"""The events that we publish, and the events of SES."""

import json
from datetime import datetime
from email.utils import parseaddr
from typing import Any, Self
from uuid import UUID

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from invoice_export.contracts.wire import Foreign, Wire
from invoice_export.domain.runs import RunStatus
from invoice_export.errors import InvalidInputError


class OutboundEvent(Wire):
    """A published event: ``export.completed``, ``.failed`` or ``.cancelled``."""

    id: UUID
    type: str
    occurred_at: datetime
    data: dict[str, Any]

    @property
    def run(self) -> dict[str, Any]:
        """The run that has ended, as keys of a log line."""
        return {
            "organization_id": self.data.get("organizationId"),
            "run_id": self.data.get("runId"),
            "generation": self.data.get("attempt"),
        }


def _absent(described: dict[str, Any]) -> None:
    del described["default"]


# Where it does not apply, the key is absent: it is never null.
IfAny = Field(None, json_schema_extra=_absent)


class RunEnd(Wire):
    """The run that has ended, in ids, times and counts."""

    organization_id: str
    run_id: UUID
    dataset: str
    attempt: int
    status: RunStatus
    requested_at: datetime
    completed_at: datetime
    queue_seconds: float | SkipJsonSchema[None] = IfAny
    run_seconds: float | SkipJsonSchema[None] = IfAny
    row_count: int | SkipJsonSchema[None] = IfAny
    bytes: int | SkipJsonSchema[None] = IfAny
    error_code: str | SkipJsonSchema[None] = IfAny


class RunEndMessage(Wire):
    """What a webhook is sent: :class:`OutboundEvent`, as its receiver sees it."""

    id: UUID
    type: str
    occurred_at: datetime
    data: RunEnd


class Delivery(Wire):
    """One event for one receiver: the bus, or a webhook with its secret."""

    event: OutboundEvent
    url: str | None = None
    secret: str | None = None


class EmailEventMail(Foreign):
    """The e-mail of an event; tags are lists of values by name."""

    message_id: str = Field(alias="messageId")
    tags: dict[str, list[str]] = Field(default_factory=dict)

    def tag(self, name: str) -> UUID | None:
        """Return the id under this tag, if there is one."""
        text = self._text(name)
        return UUID(text) if text else None

    @property
    def run(self) -> dict[str, str | None]:
        """The e-mail's run, as far as its tags tell."""
        names = ("organization_id", "run_id", "generation")
        return {name: self._text(name) for name in names}

    def _text(self, name: str) -> str | None:
        return next(iter(self.tags.get(name, [])), None)


class EmailEventRecipient(Foreign):
    """An address that bounced or complained, perhaps with a name."""

    email_address: str = Field(alias="emailAddress")

    @property
    def address(self) -> str:
        """The address alone."""
        return parseaddr(self.email_address)[1]


# SES files out-of-office replies under "General".
# https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types
AUTOMATIC_REPLIES = {"General", "AutoResponse"}


class EmailBounce(Foreign):
    """A bounce; a permanent one means that the address does not exist."""

    bounce_type: str = Field(alias="bounceType")
    bounce_sub_type: str = Field(default="", alias="bounceSubType")
    feedback_id: str = Field(alias="feedbackId")
    recipients: list[EmailEventRecipient] = Field(alias="bouncedRecipients")

    @property
    def permanent(self) -> bool:
        return self.bounce_type == "Permanent"

    @property
    def automatic_reply(self) -> bool:
        """Whether someone who is away, or a mail server, may have answered."""
        return self.bounce_type == "Transient" and (
            self.bounce_sub_type in AUTOMATIC_REPLIES
        )


class EmailComplaint(Foreign):
    """A recipient reported the e-mail as spam."""

    recipients: list[EmailEventRecipient] = Field(alias="complainedRecipients")


# SES sends this text, which is no JSON, when a topic becomes an event destination.
SET_UP_MESSAGE = "Successfully validated SNS topic for Amazon SES event publishing."


def is_set_up_message(body: str) -> bool:
    """Tell whether a message of the queue is SES trying the topic."""
    return body.strip() == SET_UP_MESSAGE


class EmailEvent(Foreign):
    """The parts of SES's event that we need."""

    event_type: str = Field(alias="eventType")
    mail: EmailEventMail
    bounce: EmailBounce | None = None
    complaint: EmailComplaint | None = None

    @classmethod
    def parse(cls, body: str) -> Self:
        """Read a message of the queue, with or without SNS's envelope.

        Raises :class:`InvalidInputError`, which quotes nothing: bodies hold addresses.
        """
        try:
            message = json.loads(body)
            if isinstance(message, dict) and "Message" in message:
                message = json.loads(message["Message"])
            return cls.model_validate(message)
        except ValueError as exc:
            kind = type(exc).__name__
            raise InvalidInputError(f"not an event of SES: {kind}") from None
