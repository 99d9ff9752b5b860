"""Tells API Gateway whether to let a request through."""

from typing import Any

from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.contracts.gateway import AuthorizeEvent
from invoice_export.domain.routes import OPEN_PATHS
from invoice_export.errors import UnauthenticatedError

# Whoever has shown no token that counts.
VISITOR = "visitor"


def authorize(tokens: TokenVerifier, event: AuthorizeEvent) -> dict[str, Any]:
    """Return a policy that lets requests with this token through, or none of them.

    The gateway keeps it for a while, so it is about every route. The API decides from
    the database who may do what in which organisation. A refused token is an answer and
    no error: the gateway turns a denial into 401.
    """
    if event.type == "REQUEST":
        effect = "Allow" if OPEN_PATHS.match(event.path) else "Deny"
        return _policy(event.method_arn, effect, VISITOR)
    every_route = _every_route(event.method_arn)
    try:
        identity = tokens.verify(event.authorization_token)
    except UnauthenticatedError:
        return _policy(every_route, "Deny", VISITOR)
    return _policy(every_route, "Allow", identity.user_id, key=identity.key)


def _every_route(method_arn: str) -> str:
    """Return the ARN of all methods and paths of the API's stage."""
    api, stage, _ = method_arn.split("/", 2)
    return f"{api}/{stage}/*"


def _policy(
    resource: str, effect: str, principal: str, **context: str
) -> dict[str, Any]:
    return {
        "principalId": principal,
        "context": context,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": effect,
                    "Resource": resource,
                }
            ],
        },
    }
