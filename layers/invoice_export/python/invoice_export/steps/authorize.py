"""Tells API Gateway whether to let a request through."""

from typing import Any

from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.contracts.http import AuthorizeEvent
from invoice_export.domain.routes import OPEN_PATHS
from invoice_export.errors import RefusedByAuthorizer, UnauthenticatedError


def authorize(tokens: TokenVerifier, event: AuthorizeEvent) -> dict[str, Any]:
    """Return a policy that lets this one request through.

    The API decides from the database who may do what in which organisation.
    """
    if event.type == "REQUEST":
        return _let_visitors_in(event)
    try:
        identity = tokens.verify(event.authorization_token)
    except UnauthenticatedError as exc:
        raise RefusedByAuthorizer from exc
    return _allowed(event, identity.user_id, {"key": identity.key})


def _let_visitors_in(event: AuthorizeEvent) -> dict[str, Any]:
    """Allow the routes that need no token."""
    if not OPEN_PATHS.match(event.path):
        raise RefusedByAuthorizer
    return _allowed(event, "visitor", {})


def _allowed(
    event: AuthorizeEvent, principal: str, context: dict[str, str]
) -> dict[str, Any]:
    return {
        "principalId": principal,
        "context": context,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": event.method_arn,
                }
            ],
        },
    }
