"""Where an organisation wants to be told that its exports have ended."""

from invoice_export.adapters.postgres import Database
from invoice_export.adapters.rows import WebhookRow
from invoice_export.contracts.http import WebhookEndpoint, WebhookRemoval, WebhookSecret
from invoice_export.contracts.terms import Role
from invoice_export.domain.webhooks import (
    UnsafeDestinationError,
    check_destination,
    new_secret,
)
from invoice_export.errors import ForbiddenError, NotFoundError, UnprocessableError


def set_webhook(
    db: Database, *, organization_id: str, user_id: str, role: Role, url: str
) -> WebhookSecret:
    """Set the endpoint and return its new secret, which is never shown again.

    Raises :class:`UnprocessableError` for a destination that is not public.
    """
    _require_admin(role)
    try:
        check_destination(url)
    except UnsafeDestinationError as exc:
        raise UnprocessableError(f"{exc}.", code="UNSAFE_DESTINATION") from exc
    secret = new_secret()
    with db.tenant(organization_id) as tx:
        row = tx.one(
            WebhookRow,
            "set_webhook",
            organization_id=organization_id,
            url=url,
            secret=secret,
            set_by=user_id,
        )
    assert row is not None, "INSERT … RETURNING returns a row"  # noqa: S101
    return WebhookSecret(url=row.url, secret=secret)


def get_webhook(db: Database, *, organization_id: str, role: Role) -> WebhookEndpoint:
    """Return the endpoint, without its secret."""
    _require_admin(role)
    with db.tenant(organization_id) as tx:
        row = tx.one(WebhookRow, "get_webhook")
    if row is None:
        raise NotFoundError("No webhook is set.", code="NO_WEBHOOK")
    return WebhookEndpoint(url=row.url, set_by=row.set_by, set_at=row.set_at)


def delete_webhook(db: Database, *, organization_id: str, role: Role) -> WebhookRemoval:
    """Tell nobody any more; nothing to delete is fine as well."""
    _require_admin(role)
    with db.tenant(organization_id) as tx:
        return WebhookRemoval(removed=tx.execute("delete_webhook") > 0)


def _require_admin(role: Role) -> None:
    if not role.at_least(Role.ADMIN):
        raise ForbiddenError(
            f"This needs the role admin; yours is {role.value}.", code="ROLE_TOO_LOW"
        )
