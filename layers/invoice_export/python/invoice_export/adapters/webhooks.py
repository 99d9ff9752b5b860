"""Calls customers' servers, and nothing but those."""

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from invoice_export.domain.webhooks import (
    HTTPS_PORT,
    check_address,
    check_destination,
)
from invoice_export.errors import UnsafeDestinationError, WebhookFailedError

TIMEOUT_SECONDS = 10
MAX_ANSWER_BYTES = 4_096
Resolve = Callable[[str], list[str]]


def resolve(host: str) -> list[str]:
    """Return the addresses of a host."""
    found = socket.getaddrinfo(host, HTTPS_PORT, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Webhooks:
    """Posts over TLS to an address that was looked at before.

    The name is resolved once and the connection made to that very address: a name
    that answers differently the second time gains nothing. Redirects are not followed.
    """

    def __init__(
        self,
        *,
        resolver: Resolve = resolve,
        check: Callable[[str], str] = check_address,
        context: ssl.SSLContext | None = None,
        port: int = HTTPS_PORT,
    ) -> None:
        self._resolve = resolver
        self._check = check
        self._context = context or ssl.create_default_context()
        self._port = port

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send ``body``. Raises :class:`WebhookFailedError` unless answered by 2xx."""
        try:
            host = check_destination(url)
            addresses = [self._check(address) for address in self._resolve(host)]
            status = self._send(host, addresses[0], url, body, headers)
        except UnsafeDestinationError as exc:
            raise WebhookFailedError(str(exc)) from exc
        except (OSError, http.client.HTTPException, IndexError) as exc:
            raise WebhookFailedError(type(exc).__name__) from exc
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise WebhookFailedError(f"answered {status}")

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
    """Connects to one address, and asks it for the certificate of the host."""

    def __init__(
        self, host: str, address: str, port: int, context: ssl.SSLContext
    ) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS, context=context)
        self._address = address
        self._tls = context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), TIMEOUT_SECONDS)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
