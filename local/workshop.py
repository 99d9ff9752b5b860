"""The workshop: what the inspector can do only on a laptop.

This server is not deployed. It gives out tokens for the sample users, shows the
mailbox and breaks things on purpose. Any web page can make a browser send requests to
loopback, so three checks keep other pages out:

* The server listens on loopback only and requires its own address in ``Host``. A
  domain that was rebound to loopback fails this check.
* Every request but the frame of an e-mail needs the inspector's ``Origin``. Browsers
  set this header themselves, so no other page can send it.
* Actions for a user (`suppress`, `simulate`) act for the subject of a bearer token
  that this stack's issuer signed.

``python -m local.workshop`` runs it.
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
from local.localstack import laptop_from_environment
from local.workshop_tools import NotFoundError, Tools

MAX_BODY_BYTES = 4096
MAIL_FRAME = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors {inspector}"
)


class RefusedError(Exception):
    """The server refuses the request with this status and sentence."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class Handler(BaseHTTPRequestHandler):
    """Handles one request; :func:`serve` sets the class's attributes."""

    laptop: Laptop
    tools: Tools
    protocol_version = "HTTP/1.1"

    def do_OPTIONS(self) -> None:
        self._answer(self._preflight)

    def do_GET(self) -> None:
        self._answer(self._read)

    def do_POST(self) -> None:
        self._answer(self._act)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log the request line; it holds no token."""
        sys.stderr.write(f"{self.log_date_time_string()} {format % args}\n")

    def _answer(self, route: Callable[[], None]) -> None:
        try:
            self._require_inspector()
            route()
        except RefusedError as exc:
            # Nobody has read the body: the next request would start in the middle.
            self.close_connection = True
            self._json({"detail": exc.detail}, exc.status)
        except NotFoundError as exc:
            self._json({"detail": str(exc)}, HTTPStatus.NOT_FOUND)
        except LaptopError as exc:
            self._json({"detail": str(exc)}, HTTPStatus.CONFLICT)

    def _require_inspector(self) -> None:
        port = self.laptop.workshop_port
        if self.headers.get("Host") not in {f"{LOOPBACK}:{port}", f"localhost:{port}"}:
            raise RefusedError(
                HTTPStatus.FORBIDDEN, f"Call this server at {self.laptop.workshop_url}."
            )
        if self._mail_frame is None and self.headers.get("Origin") != self._inspector:
            raise RefusedError(
                HTTPStatus.FORBIDDEN, "Only the inspector may call this server."
            )

    @property
    def _inspector(self) -> str:
        return self.laptop.engine_url

    @property
    def _mail_frame(self) -> str | None:
        """The id of the e-mail whose HTML a frame requests, which sends no Origin."""
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
                raise NotFoundError(f"There is no {self.command} {self.path}.")

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
                raise NotFoundError(f"There is no {self.command} {self.path}.")

    def _body(self) -> dict[str, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            raise RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"Send {MAX_BODY_BYTES} bytes at most.",
            )
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
                HTTPStatus.UNAUTHORIZED, "Send your own bearer token."
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
    """Return the server, bound to its port on loopback but not running yet."""
    attributes = {"laptop": laptop, "tools": Tools(laptop)}
    handler = type("WorkshopHandler", (Handler,), attributes)
    server = ThreadingHTTPServer((LOOPBACK, laptop.workshop_port), handler)
    server.daemon_threads = True
    return server


def main() -> None:
    """Run the workshop until it is ended."""
    serve(laptop_from_environment()).serve_forever()


if __name__ == "__main__":
    main()
