"""The engine's mailbox: every mail that SES was asked to send."""

from typing import Any

import httpx


def sent_mails(mailbox_url: str) -> list[dict[str, Any]]:
    """Mails with Timestamp, To, Subject, BodyText and BodyHtml, oldest first."""
    told = httpx.get(mailbox_url, timeout=10).raise_for_status().json()["messages"]
    if isinstance(told, list):
        return [_of_localstack(mail) for mail in told]
    return [mail for mails in told.values() for mail in mails]


def _of_localstack(mail: dict[str, Any]) -> dict[str, Any]:
    return {
        "MessageId": mail["Id"],
        "Timestamp": mail["Timestamp"],
        "To": mail["Destination"]["ToAddresses"],
        "Subject": mail["Subject"],
        "BodyText": mail["Body"]["text_part"],
        "BodyHtml": mail["Body"]["html_part"],
    }
