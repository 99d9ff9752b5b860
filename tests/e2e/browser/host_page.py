"""Somebody's web site: serves pages from its own origin, with a strict policy."""

import threading
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Vue makes a policy of this name, and parses nothing with it here.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self' {api}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types vue"
)


class HostPage:
    """Answers ``/token`` with what ``token`` returns, and everything else from files.

    ``asked`` counts the tokens.
    """

    def __init__(self, origin: str, folder: Path, *, api: str) -> None:
        self.origin = origin
        self.asked = 0
        self.token: Callable[[], str] = str
        site = self
        policy = POLICY.format(api=api)

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                if urlsplit(self.path).path != "/token":
                    super().do_GET()
                    return
                site.asked += 1
                body = site.token().encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def end_headers(self) -> None:
                self.send_header("Content-Security-Policy", policy)
                self.send_header("Cache-Control", "no-store")
                super().end_headers()

            def log_message(self, format: str, *_: Any) -> None:  # noqa: A002
                pass

        port = urlsplit(origin).port or 80
        handler = partial(Handler, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
