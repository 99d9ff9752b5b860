"""Creates the token verifier; only two functions have its packages."""

from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.settings import TokenSettings


def make_token_verifier(settings: TokenSettings) -> TokenVerifier:
    """Return the verifier of the configured issuer's tokens."""
    return TokenVerifier(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        jwks_url=settings.oidc_jwks_url,
    )
