"""Who is asking, and may they: before anything of the request is looked at."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import (
    APIGatewayRestResolver,
    Response,
)
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestValidationError,
)

from invoice_export.adapters.run_log import name_run
from invoice_export.adapters.tokens import Identity
from invoice_export.api.problems import invalid, refused, unavailable
from invoice_export.api.service import Service
from invoice_export.domain.roles import Role
from invoice_export.domain.routes import OPEN_PATHS
from invoice_export.errors import (
    ForbiddenError,
    NotFoundError,
    PayloadTooLargeError,
    RequestError,
    TransientError,
)
from invoice_export.steps.watch_exports import get_membership

TENANT_PATH = re.compile(r"^/api/organizations/(?P<organization_id>[^/]+)(/|$)")
RUN_PATH = re.compile(r"/exports/(?P<run_id>[0-9A-Fa-f-]{36})(/|$)")
ORGANIZATION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

# No request of ours needs more; API Gateway itself would let 10 MiB pass.
MAX_BODY_CHARACTERS = 16_384


@dataclass(frozen=True)
class Caller:
    """Somebody who may do what the request asks for."""

    user_id: str
    organization_id: str
    role: Role


def admit(app: APIGatewayRestResolver) -> None:
    """Authenticate, then authorise, then look at the size of the body.

    Watching needs any role, acting a member's; the role comes from the database,
    never from the token. A stranger to an organisation is told that it is not there.
    Sets ``identity`` and ``caller`` in the app's context.
    """
    event = app.current_event
    if OPEN_PATHS.match(event.path):
        return
    service: Service = app.context["service"]
    authorizer = event.request_context.authorizer
    identity = service.tokens.verify(
        event.headers.get("authorization"),
        # Only the gateway's own authorizer can have put it there.
        handed_over=authorizer.get("key") if authorizer else None,
    )
    app.append_context(identity=identity)
    tenant = TENANT_PATH.match(event.path)
    if tenant is not None:
        acting = event.http_method not in {"GET", "HEAD"}
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
    if ORGANIZATION_ID.fullmatch(organization_id):
        membership = get_membership(
            service.db, organization_id=organization_id, user_id=identity.user_id
        )
    if membership is None:
        raise NotFoundError("There is no such organisation.")
    needed = Role.MEMBER if acting else Role.VIEWER
    if not membership.role.at_least(needed):
        raise ForbiddenError(
            f"This needs the role {needed.value}; yours is {membership.role.value}.",
            code="ROLE_TOO_LOW",
        )
    return Caller(identity.user_id, organization_id, membership.role)


def admitted(
    app: APIGatewayRestResolver, next_middleware: NextMiddleware
) -> Response[Any]:
    """Let only admitted requests through to the routes."""
    admit(app)
    return next_middleware(app)


def explain_invalid(
    app: APIGatewayRestResolver, error: RequestValidationError
) -> Response[str]:
    """Say what is wrong with the input, but only to somebody who may send it.

    Powertools validates before it runs any middleware, so who asks is checked here
    as well.
    """
    try:
        admit(app)
    except RequestError as exc:
        return refused(exc)
    except TransientError as exc:
        return unavailable(exc)
    return invalid(error)
