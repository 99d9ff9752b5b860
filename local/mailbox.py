"""The engine's mailbox: every mail that SES was asked to send."""

from typing import Any

import httpx


def sent_mails(mailbox_url: str) -> list[dict[str, Any]]:
    """Mails with To, Subject, BodyText and BodyHtml, oldest first."""
    accounts = httpx.get(mailbox_url, timeout=10).raise_for_status().json()["messages"]
    return [mail for mails in accounts.values() for mail in mails]
