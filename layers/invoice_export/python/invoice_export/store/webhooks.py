"""Rows of ``webhook_endpoints``: one for each organisation."""

from datetime import datetime

from invoice_export.store.database import Row, Transaction


class WebhookRow(Row):
    """An endpoint; its secret stays in the database."""

    organization_id: str
    url: str
    set_by: str
    set_at: datetime


def find(tx: Transaction) -> WebhookRow | None:
    """Return the organisation's endpoint, or None."""
    return tx.one_or_none(WebhookRow, "webhooks.get")


def replace(
    tx: Transaction, *, organization_id: str, url: str, secret: str, set_by: str
) -> WebhookRow:
    """Set the endpoint; an earlier one and its secret are replaced."""
    return tx.one(
        WebhookRow,
        "webhooks.replace",
        organization_id=organization_id,
        url=url,
        secret=secret,
        set_by=set_by,
    )


def delete(tx: Transaction) -> bool:
    """Delete the endpoint; return whether there was one."""
    return tx.execute("webhooks.delete") > 0
