"""Calls customers' servers, and only those."""

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from invoice_export.domain.addresses import is_public
from invoice_export.domain.webhooks import HTTPS_PORT, check_destination
from invoice_export.errors import UnsafeDestinationError, WebhookFailedError

TIMEOUT_SECONDS = 10
MAX_ANSWER_BYTES = 4_096
Resolve = Callable[[str], list[str]]


def resolve(host: str) -> list[str]:
    """Return the addresses of a host."""
    found = socket.getaddrinfo(host, HTTPS_PORT, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Webhooks:
    """Posts over TLS to an address that it has checked.

    It resolves a name once and connects to the very address that it checked, so a name
    that changes its answer gains nothing. It follows no redirect.
    """

    def __init__(
        self,
        *,
        resolver: Resolve = resolve,
        allowed: Callable[[str], bool] = is_public,
        context: ssl.SSLContext | None = None,
        port: int = HTTPS_PORT,
    ) -> None:
        self._resolve = resolver
        self._allowed = allowed
        self._context = context or ssl.create_default_context()
        self._port = port

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send ``body``. Raises :class:`WebhookFailedError` for any answer but 2xx."""
        try:
            host = check_destination(url)
            status = self._send(host, self._address_of(host), url, body, headers)
        except UnsafeDestinationError as exc:
            raise WebhookFailedError(str(exc)) from exc
        except (OSError, http.client.HTTPException) as exc:
            raise WebhookFailedError(type(exc).__name__) from exc
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise WebhookFailedError(f"answered {status}")

    def _address_of(self, host: str) -> str:
        """Resolve a host; one address that is not public condemns them all."""
        addresses = self._resolve(host)
        if not addresses or not all(map(self._allowed, addresses)):
            raise UnsafeDestinationError("the host leads into a private network")
        return addresses[0]

    def _send(
        self, host: str, address: str, url: str, body: bytes, headers: Mapping[str, str]
    ) -> int:
        connection = _PinnedConnection(host, address, self._port, self._context)
        try:
            parts = urlsplit(url)
            path = parts.path or "/"
            target = f"{path}?{parts.query}" if parts.query else path
            connection.request("POST", target, body, dict(headers))
            answer = connection.getresponse()
            answer.read(MAX_ANSWER_BYTES)
            return answer.status
        finally:
            connection.close()


class _PinnedConnection(http.client.HTTPSConnection):
    """Connects to one address and expects the host's certificate there."""

    def __init__(
        self, host: str, address: str, port: int, context: ssl.SSLContext
    ) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS, context=context)
        self._address = address
        self._tls = context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), TIMEOUT_SECONDS)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
