"""Sets and shows where an organisation's events are delivered."""

from invoice_export.contracts.http import WebhookEndpoint, WebhookRemoval, WebhookSecret
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.domain.roles import Role
from invoice_export.domain.webhooks import (
    check_destination,
    new_secret,
)
from invoice_export.errors import (
    NotFoundError,
    UnprocessableError,
    UnsafeDestinationError,
)
from invoice_export.steps.require_role import require_role
from invoice_export.store import lane, webhooks
from invoice_export.store.database import Database


def set_webhook(
    db: Database, *, organization_id: str, user_id: str, role: Role, url: str
) -> WebhookSecret:
    """Set the endpoint and return its new secret, which is shown only once.

    Raises :class:`UnprocessableError` for a destination that is not public.
    """
    require_role(role, Role.ADMIN)
    try:
        check_destination(url)
    except UnsafeDestinationError as exc:
        raise UnprocessableError(
            f"{exc}.", code=ProblemCode.UNSAFE_DESTINATION
        ) from exc
    secret = new_secret()
    with db.tenant(organization_id) as tx:
        lane.open_lane(tx, organization_id)
        row = webhooks.replace(
            tx, organization_id=organization_id, url=url, secret=secret, set_by=user_id
        )
    return WebhookSecret(url=row.url, secret=secret)


def get_webhook(db: Database, *, organization_id: str, role: Role) -> WebhookEndpoint:
    """Return the endpoint, without its secret."""
    require_role(role, Role.ADMIN)
    with db.tenant(organization_id) as tx:
        row = webhooks.find(tx)
    if row is None:
        raise NotFoundError("No webhook is set.", code=ProblemCode.NO_WEBHOOK)
    return WebhookEndpoint(url=row.url, set_by=row.set_by, set_at=row.set_at)


def delete_webhook(db: Database, *, organization_id: str, role: Role) -> WebhookRemoval:
    """Delete the endpoint, if there is one."""
    require_role(role, Role.ADMIN)
    with db.tenant(organization_id) as tx:
        return WebhookRemoval(removed=webhooks.delete(tx))
