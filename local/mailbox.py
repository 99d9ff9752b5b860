"""The engine's mailbox: every e-mail that its SES accepted."""

from typing import Any

import httpx


def sent_mails(mailbox_url: str) -> list[dict[str, Any]]:
    """Return e-mails with Timestamp, To, Subject, BodyText, BodyHtml; oldest first."""
    answer = httpx.get(mailbox_url, timeout=10).raise_for_status().json()
    messages = answer["messages"]
    if isinstance(messages, list):
        return [_from_localstack(message) for message in messages]
    # MiniStack groups them by account.
    return [mail for mails in messages.values() for mail in mails]


def _from_localstack(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "MessageId": message["Id"],
        "Timestamp": message["Timestamp"],
        "To": message["Destination"]["ToAddresses"],
        "Subject": message["Subject"],
        "BodyText": message["Body"]["text_part"],
        "BodyHtml": message["Body"]["html_part"],
    }
