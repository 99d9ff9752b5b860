"""Answers API Gateway's question whether a token may pass."""

from typing import Any

from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.contracts import AuthorizeEvent
from invoice_export.errors import UnauthenticatedError


class RefusedByAuthorizer(Exception):  # noqa: N818
    """API Gateway answers 401 to this message, to the letter, and 500 to any other."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def authorize(tokens: TokenVerifier, event: AuthorizeEvent) -> dict[str, Any]:
    """Return a policy that lets this one request through.

    Who may do what in which organisation is decided behind it, from the database.
    """
    try:
        identity = tokens.verify(event.authorization_token)
    except UnauthenticatedError as exc:
        raise RefusedByAuthorizer from exc
    return {
        "principalId": identity.user_id,
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
