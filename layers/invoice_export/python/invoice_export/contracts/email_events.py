"""The events of SES."""

import json
from email.utils import parseaddr
from typing import Self
from uuid import UUID

from msgspec import field

from invoice_export.contracts.messages import Foreign
from invoice_export.domain.emails import EmailReport
from invoice_export.errors import InvalidInputError


class EmailEventMail(Foreign):
    """The e-mail of an event; tags are lists of values by name."""

    message_id: str
    tags: dict[str, list[str]] = field(default_factory=dict)

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

    email_address: str

    @property
    def address(self) -> str:
        """The address alone."""
        return parseaddr(self.email_address)[1]


# SES files out-of-office replies under "General".
# https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types
AUTOMATIC_REPLIES = {"General", "AutoResponse"}


class EmailBounce(Foreign, kw_only=True):
    """A bounce; a permanent one means that the address does not exist."""

    bounce_type: str
    bounce_sub_type: str = ""
    feedback_id: str
    recipients: list[EmailEventRecipient] = field(name="bouncedRecipients")

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

    recipients: list[EmailEventRecipient] = field(name="complainedRecipients")


# SES sends this text, which is no JSON, when a topic becomes an event destination.
SET_UP_MESSAGE = "Successfully validated SNS topic for Amazon SES event publishing."


def is_set_up_message(body: str) -> bool:
    """Tell whether a message of the queue is SES trying the topic."""
    return body.strip() == SET_UP_MESSAGE


class EmailEvent(Foreign):
    """The parts of SES's event that we need."""

    event_type: str
    mail: EmailEventMail
    bounce: EmailBounce | None = None
    complaint: EmailComplaint | None = None

    @property
    def report(self) -> EmailReport | None:
        """What became of the e-mail, if this event tells."""
        if self.complaint is not None:
            return EmailReport.COMPLAINED
        if self.bounce is not None:
            answered = self.bounce.automatic_reply
            return None if answered else EmailReport.BOUNCED
        return EmailReport.DELIVERED if self.event_type == "Delivery" else None

    @classmethod
    def read(cls, body: str) -> Self:
        """Read a message of the queue, with or without SNS's envelope.

        Raises :class:`InvalidInputError`, which quotes nothing: bodies hold addresses.
        """
        try:
            message = json.loads(body)
            if isinstance(message, dict) and "Message" in message:
                message = json.loads(message["Message"])
            return cls.parse(message)
        except ValueError as exc:
            kind = type(exc).__name__
            raise InvalidInputError(f"not an event of SES: {kind}") from None
