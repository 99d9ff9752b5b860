"""Creates the token verifier; only two functions have its packages."""

from typing import Protocol

from invoice_export.adapters.tokens import TokenVerifier


class TokenSettings(Protocol):
    """The OIDC issuer whose tokens are accepted."""

    @property
    def oidc_issuer(self) -> str: ...
    @property
    def oidc_audience(self) -> str: ...
    @property
    def oidc_jwks_url(self) -> str: ...


def make_token_verifier(settings: TokenSettings) -> TokenVerifier:
    """Return the verifier of the configured issuer's tokens."""
    return TokenVerifier(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        jwks_url=settings.oidc_jwks_url,
    )
