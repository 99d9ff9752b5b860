"""Webhooks: where they may go, and the signature that they carry.

The signature is HMAC-SHA256 over ``{timestamp}.{body}``, so that neither can be
changed, and an old message not be played again: ``t=<unix seconds>,v1=<hex>``.
"""

import hashlib
import hmac
import ipaddress
import secrets
from urllib.parse import urlsplit

from invoice_export.errors import UnsafeDestinationError

SIGNATURE_HEADER = "X-Export-Signature"
SECRET_BYTES = 32
HTTPS_PORT = 443
MAX_URL_LENGTH = 2000

# Names that resolvers inside a network answer with addresses inside it.
PRIVATE_SUFFIXES = (".local", ".localhost", ".internal", ".intranet", ".lan", ".home")


def check_destination(url: str) -> str:
    """Return the host of a URL that we may call.

    Only https on its own port, and a public name: addresses are refused here, and
    those that a name leads to by :func:`check_address`. Raises
    :class:`UnsafeDestinationError`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or HTTPS_PORT
    except ValueError as exc:
        raise UnsafeDestinationError("this is not a URL") from exc
    host = (parts.hostname or "").rstrip(".")
    if len(url) > MAX_URL_LENGTH or not url.isascii() or not url.isprintable():
        raise UnsafeDestinationError("the URL is too long or has odd characters")
    if " " in url or "\\" in url:
        raise UnsafeDestinationError("the URL has a space or a backslash")
    if parts.scheme != "https" or port != HTTPS_PORT:
        raise UnsafeDestinationError("the URL must be https, on its standard port")
    if parts.username is not None or parts.password is not None:
        raise UnsafeDestinationError("the URL must not hold credentials")
    if "." not in host or host.endswith(PRIVATE_SUFFIXES) or _is_address(host):
        raise UnsafeDestinationError("the URL must name a public host")
    return host


def check_address(address: str) -> str:
    """Return ``address`` if it is on the public internet.

    Raises :class:`UnsafeDestinationError` for loopback, private, link-local (where
    clouds keep their credentials), multicast and reserved ones, also inside IPv6.
    """
    parsed = ipaddress.ip_address(address)
    inner = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None)
    for each in filter(None, (parsed, inner)):
        if not each.is_global or each.is_multicast:
            raise UnsafeDestinationError("the host leads into a private network")
    return address


def new_secret() -> str:
    """Return a fresh secret for signatures."""
    return f"whsec_{secrets.token_urlsafe(SECRET_BYTES)}"


def sign(secret: str, *, timestamp: int, body: bytes) -> str:
    """Return the value of the signature header."""
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # 127.1, 0x7f.1 and 2130706433 are addresses to resolvers as well.
        last = host.rpartition(".")[2]
        return last.isdigit() or last.lower().startswith("0x")
    return True
