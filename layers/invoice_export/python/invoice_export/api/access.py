"""Authenticates and authorises, before anything else of a request is read."""

import re
from typing import NamedTuple
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from invoice_export.adapters.run_log import name_run
from invoice_export.adapters.tokens import Identity
from invoice_export.api.service import Service
from invoice_export.domain.organization_ids import is_usable
from invoice_export.domain.roles import Role
from invoice_export.domain.routes import OPEN_PATHS
from invoice_export.errors import (
    NotFoundError,
    PayloadTooLargeError,
)
from invoice_export.steps.require_role import require_role
from invoice_export.steps.watch_exports import get_membership

TENANT_PATH = re.compile(r"^/api/organizations/(?P<organization_id>[^/]+)(/|$)")
RUN_PATH = re.compile(r"/exports/(?P<run_id>[0-9A-Fa-f-]{36})(/|$)")

# Valid bodies are far shorter. API Gateway lets 10 MiB pass.
MAX_BODY_CHARACTERS = 16_384


class Caller(NamedTuple):
    """A user whose role allows the request."""

    user_id: str
    organization_id: str
    role: Role


def admit(app: APIGatewayRestResolver, *, acting: bool) -> None:
    """Authenticate, then authorise, then limit the size of the body.

    Watching needs any role, acting the role of a member. The role comes from the
    database, never from the token. A stranger to an organisation gets a 404.
    Sets ``identity`` and ``caller`` in the app's context.
    """
    event = app.current_event
    if OPEN_PATHS.match(event.path):
        return
    service: Service = app.context["service"]
    authorizer = event.request_context.authorizer
    identity = service.tokens.verify(
        event.headers.get("authorization"),
        # Clients cannot set it: only the gateway's authorizer can.
        handed_over=authorizer.get("key") if authorizer else None,
    )
    app.append_context(identity=identity)
    tenant = TENANT_PATH.match(event.path)
    if tenant is not None:
        caller = _authorise(service, identity, tenant, acting=acting)
        app.append_context(caller=caller)
        run = RUN_PATH.search(event.path)
        name_run(
            organization_id=caller.organization_id,
            run_id=run["run_id"].lower() if run else None,
        )
    if len(event.body or "") > MAX_BODY_CHARACTERS:
        raise PayloadTooLargeError(
            f"The body is longer than {MAX_BODY_CHARACTERS} characters."
        )


def _authorise(
    service: Service, identity: Identity, tenant: re.Match[str], *, acting: bool
) -> Caller:
    organization_id = unquote(tenant["organization_id"])
    membership = None
    if is_usable(organization_id):
        membership = get_membership(
            service.db, organization_id=organization_id, user_id=identity.user_id
        )
    if membership is None:
        raise NotFoundError("There is no such organisation.")
    needed = Role.MEMBER if acting else Role.VIEWER
    require_role(membership.role, needed)
    return Caller(identity.user_id, organization_id, membership.role)
