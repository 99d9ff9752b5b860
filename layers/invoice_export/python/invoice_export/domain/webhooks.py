"""Webhooks: the URLs that they may have, and their signatures.

A signature is ``t=<unix seconds>,v1=<hex>``: HMAC-SHA256 over ``{timestamp}.{body}``.
It protects both parts, so a receiver can refuse old messages.
"""

import hashlib
import hmac
import re
import secrets
from urllib.parse import urlsplit

from invoice_export.errors import UnsafeDestinationError

SIGNATURE_HEADER = "X-Export-Signature"
SECRET_BYTES = 32
HTTPS_PORT = 443
MAX_URL_LENGTH = 2000

# RFC 1123, and an underscore: some servers have one in their names.
LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
# A last label of digits would be an address: resolvers take 127.1, 0x7f.1, 2130706433.
HOST_NAME = re.compile(rf"({LABEL}\.)+(?![0-9]+$|0x){LABEL}", re.IGNORECASE)
MAX_HOST_LENGTH = 253

# Resolvers inside a network answer these names with addresses inside it.
PRIVATE_SUFFIXES = (".local", ".localhost", ".internal", ".intranet", ".lan", ".home")


def check_destination(url: str) -> str:
    """Return the host of a URL that we may call.

    The URL must be https, on the standard port, and name a host. The addresses of that
    host are checked when it is called. Raises :class:`UnsafeDestinationError`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or HTTPS_PORT
    except ValueError as exc:
        raise UnsafeDestinationError("this is not a URL") from exc
    host = (parts.hostname or "").removesuffix(".")
    if len(url) > MAX_URL_LENGTH or not url.isascii() or not url.isprintable():
        raise UnsafeDestinationError("the URL is too long or has odd characters")
    if " " in url or "\\" in url:
        raise UnsafeDestinationError("the URL has a space or a backslash")
    if parts.scheme != "https" or port != HTTPS_PORT:
        raise UnsafeDestinationError("the URL must be https, on its standard port")
    if parts.username is not None or parts.password is not None:
        raise UnsafeDestinationError("the URL must not hold credentials")
    if (
        len(host) > MAX_HOST_LENGTH
        or not HOST_NAME.fullmatch(host)
        or host.endswith(PRIVATE_SUFFIXES)
    ):
        raise UnsafeDestinationError("the URL must name a public host")
    return host


def new_secret() -> str:
    """Return a new secret to sign with."""
    return f"whsec_{secrets.token_urlsafe(SECRET_BYTES)}"


def sign(secret: str, *, timestamp: int, body: bytes) -> str:
    """Return the value of the signature header."""
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
