"""SES: one attempt per call, and what is known of its outcome."""

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from invoice_export.adapters.aws_errors import botocore_error, client_error
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.errors import (
    EmailOutcomePendingError,
    EmailRefusedError,
    EmailRejectedError,
)

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_ses import SESClient
    from mypy_boto3_ses.type_defs import MessageTagTypeDef

SERVER_ERROR = 500
# https://docs.aws.amazon.com/ses/latest/APIReference/API_MessageTag.html
TAG_VALUE = re.compile(r"[A-Za-z0-9_-]{1,255}")

# What no later attempt changes: an address that SES does not take, a sender that nobody
# has verified, an account that may not send; in the sandbox, a recipient for whose
# identity the function has no permission.
# https://docs.aws.amazon.com/ses/latest/APIReference/API_SendEmail.html
REJECTIONS = {
    "AccessDenied",
    "AccessDeniedException",
    "AccountSendingPausedException",
    "ConfigurationSetDoesNotExist",
    "ConfigurationSetSendingPausedException",
    "InvalidParameterValue",
    "MailFromDomainNotVerifiedException",
    "MessageRejected",
}


class Message(NamedTuple):
    """One e-mail, ready to go."""

    to: str
    subject: str
    text: str
    html: str


class Mailer:
    """Sends as one sender; the run's ids are tags, which SES's events repeat.

    An organisation's id that SES does not take as a tag is left out.
    """

    def __init__(
        self, client: "SESClient", sender: str, configuration_set: str = ""
    ) -> None:
        self._ses = client
        self._sender = sender
        self._options: dict[str, Any] = (
            {"ConfigurationSetName": configuration_set} if configuration_set else {}
        )

    def send(self, message: Message, *, run: RunRef, delivery_id: str) -> str:
        """Send once and return SES's message id.

        Raises :class:`EmailRejectedError` if SES will never accept this message, and
        :class:`EmailRefusedError` if it refused for now: nothing was sent. Raises
        :class:`EmailOutcomePendingError` if nobody can know: no answer, or a server
        error.
        """
        try:
            answer = self._ses.send_email(
                Source=self._sender,
                Destination={"ToAddresses": [message.to]},
                Message={
                    "Subject": {"Data": message.subject, "Charset": "UTF-8"},
                    "Body": {
                        "Text": {"Data": message.text, "Charset": "UTF-8"},
                        "Html": {"Data": message.html, "Charset": "UTF-8"},
                    },
                },
                Tags=_tags(run, delivery_id),
                **self._options,
            )
        except client_error() as exc:
            # Only the code: SES quotes the address in its messages.
            code = exc.response["Error"]["Code"]
            status = exc.response["ResponseMetadata"]["HTTPStatusCode"]
            if status >= SERVER_ERROR:
                raise EmailOutcomePendingError(f"SES answered {code}") from None
            if code in REJECTIONS or _quota_is_used_up(exc):
                raise EmailRejectedError(f"SES answered {code}") from None
            raise EmailRefusedError(f"SES answered {code}") from None
        except botocore_error() as exc:
            raise EmailOutcomePendingError(type(exc).__name__) from None
        return answer["MessageId"]


def _quota_is_used_up(exc: "ClientError") -> bool:
    """Tell a day's quota, which no retry outlasts, from the rate of a second.

    https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
    """
    error = exc.response["Error"]
    return error["Code"] == "Throttling" and "Daily" in error.get("Message", "")


def _tags(run: RunRef, delivery_id: str) -> "list[MessageTagTypeDef]":
    tags = {
        "organization_id": run.organization_id,
        "run_id": str(run.run_id),
        "generation": str(run.generation),
        "delivery_id": delivery_id,
    }
    return [
        {"Name": name, "Value": value}
        for name, value in tags.items()
        if TAG_VALUE.fullmatch(value)
    ]
