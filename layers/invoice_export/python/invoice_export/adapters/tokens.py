"""Bearer tokens of any OIDC issuer, checked against its published keys."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import jwt
from jwt import PyJWK, PyJWKClient
from jwt.exceptions import (
    ImmatureSignatureError,
    InvalidAudienceError,
    PyJWKClientConnectionError,
    PyJWTError,
)

from invoice_export.errors import KeysUnavailableError, UnauthenticatedError

# Asymmetric only: "none" and HMAC with a public key are the classic forgeries.
ALGORITHMS = ["RS256", "ES256"]
LEEWAY_SECONDS = 30


class Identity(NamedTuple):
    """The user of a valid token; never what they may do."""

    user_id: str
    # The public key that verified the token, for a second check without the issuer.
    key: str


class TokenVerifier:
    """Accepts the tokens of one issuer for one audience; keeps its keys for an hour.

    Without a JWKS URL the issuer is out of reach: then the key comes with the request,
    from an authorizer that has fetched it, and a request without one is refused.
    """

    def __init__(self, *, issuer: str, audience: str, jwks_url: str) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = (
            PyJWKClient(jwks_url, lifespan=3600, timeout=5) if jwks_url else None
        )

    def verify(
        self, authorization: str | None, handed_over: str | None = None
    ) -> Identity:
        """Return the user of an ``Authorization`` header.

        Raises :class:`UnauthenticatedError` for a header that is absent or holds no
        acceptable token, without saying which check failed to whom forged it, and
        :class:`KeysUnavailableError` if the issuer has no keys to check it with.
        """
        scheme, _, token = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not token or not token.isascii():
            raise UnauthenticatedError("Send 'Authorization: Bearer <token>'.")
        try:
            if self._keys is not None:
                key = _published_key(self._keys, token)
            else:
                key = _key_of(handed_over)
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                # Checked below: Cognito has its own name for the audience.
                options={
                    "require": ["exp", "iat", "sub", "iss"],
                    "verify_aud": False,
                },
            )
            _check_audience(claims, self._audience)
        except PyJWKClientConnectionError as exc:
            raise KeysUnavailableError("the issuer's keys cannot be fetched") from exc
        except ImmatureSignatureError as exc:
            # Its signature is good, so this tells a forger nothing.
            raise UnauthenticatedError(
                "The token is not valid yet: the clocks of its issuer and of this"
                " service differ."
            ) from exc
        except PyJWTError as exc:
            raise UnauthenticatedError(
                "The token is not valid: it may have expired. Sign in again."
            ) from exc
        public = key.Algorithm.to_jwk(key.key)
        return Identity(user_id=claims["sub"], key=public)


def _check_audience(claims: Mapping[str, Any], audience: str) -> None:
    """Raises ``InvalidAudienceError`` for a token that was not issued for this API.

    Cognito says in ``token_use`` what a token is for. Its access tokens name the client
    in place of an audience; its ID tokens are for the page that asked for them.
    """
    use = claims.get("token_use")
    meant_for = claims.get("client_id") if use == "access" else claims.get("aud")
    if use not in {None, "access"} or audience not in _listed(meant_for):
        raise InvalidAudienceError("not issued for this API")


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _published_key(keys: PyJWKClient, token: str) -> PyJWK:
    """Raises :class:`KeysUnavailableError` for an answer without keys."""
    # What is no token at all is refused before anything is fetched.
    jwt.get_unverified_header(token)
    try:
        keys.get_signing_keys()
    except (PyJWTError, ValueError) as exc:
        raise KeysUnavailableError("the issuer publishes no usable keys") from exc
    return keys.get_signing_key_from_jwt(token)


def _key_of(text: str | None) -> PyJWK:
    """Raises :class:`UnauthenticatedError` for anything but a key."""
    try:
        parts = json.loads(text or "")
    except ValueError:
        parts = None
    if not isinstance(parts, dict):
        raise UnauthenticatedError("Send 'Authorization: Bearer <token>'.")
    return PyJWK.from_dict(parts)
