"""Authorize: refuses bad tokens at the gateway, before they cost anything."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.contracts.gateway import AuthorizeEvent
from invoice_export.settings import Name, TokenSettings
from invoice_export.steps.authorize import authorize
from invoice_export.wiring.tokens import make_token_verifier

logger = Logger()


class AuthorizeSettings(TokenSettings):
    """The authorizer always fetches the keys."""

    oidc_jwks_url: Name


@cache
def dependencies() -> TokenVerifier:
    return make_token_verifier(AuthorizeSettings.read())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return authorize(dependencies(), AuthorizeEvent.parse(event))
