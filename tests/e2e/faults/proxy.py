"""A loopback proxy that injects faults between the Lambdas and S3 or SES."""

import threading
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

REFUSAL = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
    "<Message>not now</Message></Error></ErrorResponse>"
)
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass
class Rule:
    """Break a number of requests with this method and these words in path or body.

    With ``status`` the proxy answers instead of the engine. Without it, the proxy
    forwards the request and withholds the answer.
    """

    method: str
    words: tuple[str, ...]
    status: int | None
    times: int
    code: str = "InternalError"
    fired: int = 0

    def takes(self, method: str, text: str) -> bool:
        return (
            self.times > 0
            and method == self.method
            and all(word in text for word in self.words)
        )


@dataclass
class Proxy:
    """Forwards to the engine every request that matches no rule."""

    engine: str
    rules: list[Rule] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def rule_for(self, method: str, text: str) -> Rule | None:
        with self._lock:
            for rule in self.rules:
                if rule.takes(method, text):
                    rule.times -= 1
                    rule.fired += 1
                    return rule
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        text = self.path + body[:100_000].decode("latin-1")
        rule = self.proxy.rule_for(self.command, text)
        if rule is not None and rule.status is not None:
            told = REFUSAL.format(code=rule.code).encode()
            self._answer(rule.status, {"Content-Type": "text/xml"}, told)
            return
        engine = HTTPConnection(urlsplit(self.proxy.engine).netloc, timeout=60)
        engine.request(self.command, self.path, body, dict(self.headers))
        answer = engine.getresponse()
        content = answer.read()
        engine.close()
        if rule is not None:
            self.close_connection = True
            return
        self._answer(answer.status, dict(answer.getheaders()), content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _handle  # noqa: N815

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        length = headers.get("Content-Length") if self.command == "HEAD" else len(body)
        self.send_header("Content-Length", str(length or 0))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
