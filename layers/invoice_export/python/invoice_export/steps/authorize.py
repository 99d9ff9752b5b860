"""Tells API Gateway whether to let a request through."""

from typing import Any

from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.contracts.gateway import AuthorizeEvent
from invoice_export.domain.routes import OPEN_PATHS
from invoice_export.errors import UnauthenticatedError

# Whoever has shown no token that counts.
VISITOR = "visitor"


def authorize(tokens: TokenVerifier, event: AuthorizeEvent) -> dict[str, Any]:
    """Return a policy that lets this one request through, or none.

    The API decides from the database who may do what in which organisation. A refused
    token is an answer and no error: the gateway turns a denial into 401.
    """
    if event.type == "REQUEST":
        open_route = OPEN_PATHS.match(event.path)
        return _policy(event, "Allow" if open_route else "Deny", VISITOR)
    try:
        identity = tokens.verify(event.authorization_token)
    except UnauthenticatedError:
        return _policy(event, "Deny", VISITOR)
    return _policy(event, "Allow", identity.user_id, key=identity.key)


def _policy(
    event: AuthorizeEvent, effect: str, principal: str, **context: str
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
                    "Resource": event.method_arn,
                }
            ],
        },
    }
