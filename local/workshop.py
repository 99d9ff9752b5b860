"""The workshop: what the inspector can do on a laptop and nowhere else.

A server of its own, on loopback, that is no part of what is deployed. It hands out
tokens for the sample users, shows the mailbox, and makes things go wrong on purpose.
Three doors keep strangers out, for any web page can make a browser call loopback:

* it listens on loopback only, and ``Host`` must name it so (no rebound domain);
* everything but a mail's own frame needs the ``Origin`` of the inspector, which a
  browser sends truly and no other page can send;
* what is done for a user (`suppress`, `simulate`) is done for the bearer token's
  subject: it needs a token that this stack's issuer has signed.

``python -m local.workshop`` is its process.
"""

import json
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import jwt

from local.config import LOOPBACK, Laptop
from local.errors import LaptopError
from local.issuer import AUDIENCE, Issuer
from local.localstack import laptop_of_environment
from local.tools import Tools, UnknownError

MAX_BODY_BYTES = 4096
MAIL_FRAME = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors {inspector}"
)


class RefusedError(Exception):
    """The request is answered with this status and sentence."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class Handler(BaseHTTPRequestHandler):
    """One request; the class's own attributes are set by :func:`serve`."""

    laptop: Laptop
    tools: Tools
    protocol_version = "HTTP/1.1"

    def do_OPTIONS(self) -> None:
        self._answered(self._preflight)

    def do_GET(self) -> None:
        self._answered(self._read)

    def do_POST(self) -> None:
        self._answered(self._act)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log method and path; tokens only ever travel in headers and bodies."""
        sys.stderr.write(f"{self.log_date_time_string()} {format % args}\n")

    def _answered(self, route: Callable[[], None]) -> None:
        try:
            self._require_ours()
            route()
        except RefusedError as exc:
            # Its body was not read: the next request would begin in it.
            self.close_connection = True
            self._json({"detail": exc.detail}, exc.status)
        except UnknownError as exc:
            self._json({"detail": str(exc)}, HTTPStatus.NOT_FOUND)
        except LaptopError as exc:
            self._json({"detail": str(exc)}, HTTPStatus.CONFLICT)

    def _require_ours(self) -> None:
        port = self.laptop.workshop_port
        if self.headers.get("Host") not in {f"{LOOPBACK}:{port}", f"localhost:{port}"}:
            raise RefusedError(
                HTTPStatus.FORBIDDEN, "Call this server by its own address."
            )
        if self._mail_frame is None and self.headers.get("Origin") != self._inspector:
            raise RefusedError(HTTPStatus.FORBIDDEN, "Only the inspector may ask this.")

    @property
    def _inspector(self) -> str:
        return self.laptop.engine_url

    @property
    def _mail_frame(self) -> str | None:
        """The id of the mail whose HTML is asked for: by a frame, without Origin."""
        match self._path:
            case ["mails", id_, "html"] if self.command == "GET":
                return id_
        return None

    @property
    def _path(self) -> list[str]:
        return urlsplit(self.path).path.strip("/").split("/")

    def _preflight(self) -> None:
        self._send(HTTPStatus.NO_CONTENT, "text/plain", b"")

    def _read(self) -> None:
        frame = self._mail_frame
        if frame is not None:
            policy = MAIL_FRAME.format(inspector=self._inspector)
            page = f'<base target="_blank">{self.tools.mail_html(frame)}'
            self._send(HTTPStatus.OK, "text/html", page.encode(), policy)
            return
        match self._path:
            case ["identities"]:
                self._json({"identities": self.tools.identities()})
            case ["mails"]:
                self._json({"mails": self.tools.mails()})
            case _:
                raise UnknownError("There is nothing here.")

    def _act(self) -> None:
        body = self._body()
        match self._path:
            case ["tokens"]:
                self._json({"token": self.tools.token(str(body.get("userId")))})
            case ["simulate"]:
                simulated = self.tools.simulate(
                    user_id=self._user(),
                    organization_id=str(body.get("organizationId")),
                    state=str(body.get("state")),
                )
                self._json(simulated)
            case ["suppress"]:
                self._json({"said": self.tools.suppress(self._user())})
            case ["kill-workers"]:
                self._json({"said": self.tools.kill_workers()})
            case ["restart-database"]:
                self._json({"said": self.tools.restart_database()})
            case ["reset"]:
                self._json({"said": self.tools.reset()})
            case _:
                raise UnknownError("There is nothing here.")

    def _body(self) -> dict[str, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is too long.")
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "Send a JSON object.")
        return body

    def _user(self) -> str:
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        issuer = Issuer(self.laptop)
        try:
            claims = jwt.decode(
                token if scheme.lower() == "bearer" else "",
                issuer.key().public_key(),
                algorithms=["RS256"],
                audience=AUDIENCE,
                issuer=issuer.url,
            )
        except jwt.InvalidTokenError as exc:
            raise RefusedError(
                HTTPStatus.UNAUTHORIZED, "This needs your own bearer token."
            ) from exc
        return str(claims["sub"])

    def _json(self, body: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send(
        self, status: HTTPStatus, kind: str, body: bytes, policy: str | None = None
    ) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Access-Control-Allow-Origin": self._inspector,
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Allow-Private-Network": "true",
            "Content-Security-Policy": policy or "default-src 'none'",
        }
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def serve(laptop: Laptop) -> ThreadingHTTPServer:
    """Return the server, bound to its port on loopback and not yet running."""
    attributes = {"laptop": laptop, "tools": Tools(laptop)}
    handler = type("WorkshopHandler", (Handler,), attributes)
    server = ThreadingHTTPServer((LOOPBACK, laptop.workshop_port), handler)
    server.daemon_threads = True
    return server


def main() -> None:
    """The workshop's process."""
    serve(laptop_of_environment()).serve_forever()


if __name__ == "__main__":
    main()
