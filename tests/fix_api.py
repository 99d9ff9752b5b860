"""Calls the HTTP API as API Gateway would, with tokens from a local issuer."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.api.app import build_app
from invoice_export.api.declarations import PROBLEM_JSON
from invoice_export.api.inspector import Site
from invoice_export.api.resolver import PATH_CHARACTERS, Resolver
from invoice_export.api.service import Service
from invoice_export.contracts.inspector import InspectorConfig
from tests.fix_world import World

AUDIENCE = "invoice-export"
KEY_ID = "test-key"
CONTEXT = SimpleNamespace(
    function_name="http_api",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:http_api",
    aws_request_id="00000000-0000-0000-0000-000000000000",
)


@dataclass(frozen=True)
class Issuer:
    """An OIDC issuer and its private key; the public key is at ``jwks_url``."""

    url: str
    jwks_url: str
    key: rsa.RSAPrivateKey

    def claims(self, user: str, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": user,
            "iat": now,
            "exp": now + 600,
            **changes,
        }

    def token(self, user: str, **changes: Any) -> str:
        claims = {
            name: value
            for name, value in self.claims(user, **changes).items()
            if value is not None
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": KEY_ID})


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    keys = json.dumps({"keys": [{**public, "kid": KEY_ID, "use": "sig"}]}).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(keys)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    yield Issuer(url=url, jwks_url=f"{url}/jwks.json", key=key)
    server.shutdown()
    server.server_close()


@pytest.fixture
def tokens(issuer: Issuer) -> TokenVerifier:
    return TokenVerifier(issuer=issuer.url, audience=AUDIENCE, jwks_url=issuer.jwks_url)


@dataclass(frozen=True)
class Answer:
    """The response that API Gateway would send."""

    status: int
    headers: dict[str, str]
    body: Any


Call = Callable[..., Answer]


def gateway_event(
    method: str,
    path: str,
    *,
    headers: dict[str, str],
    query: dict[str, str] | None = None,
    body: Any = None,
    base64_encoded: bool = False,
) -> dict[str, Any]:
    """The event that API Gateway sends to the function."""
    return {
        "httpMethod": method,
        "path": path,
        "resource": "/api/{proxy+}",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {
            name: [value] for name, value in (query or {}).items()
        },
        "requestContext": {"stage": "v1", "requestId": "test"},
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": base64_encoded,
    }


@pytest.fixture
def api(world: World, issuer: Issuer, tokens: TokenVerifier, tmp_path: Path) -> Call:
    """Call an endpoint as a user: ``api("POST", path, as_user="user_alice")``."""
    (tmp_path / "index.html").write_text(
        "<!doctype html><link href='{version}/a'><b>{many}</b>"
    )
    (tmp_path / "main.js").write_text("export const greeting = 'Grüezi';\n")
    site = Site(
        tmp_path,
        InspectorConfig(
            stage="aws",
            issuer="https://issuer.example/pool",
            client_id="inspector",
            audience=AUDIENCE,
            scope="openid",
            workshop_url=None,
            console_url=None,
        ),
        origins=("https://sign-in.example",),
    )

    # Routers serve the app built last, and a test that runs a handler builds another.
    built = (world.db.datasets, build_app(world.db.datasets))

    def call(
        method: str,
        path: str,
        *,
        as_user: str | None = "user_alice",
        token: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        base64_encoded: bool = False,
    ) -> Answer:
        nonlocal built
        if built[0] is not world.db.datasets:
            built = (world.db.datasets, build_app(world.db.datasets))
        app = built[1]
        sent = {"content-type": "application/json", **(headers or {})}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        elif as_user is not None:
            sent["authorization"] = f"Bearer {issuer.token(as_user)}"
        event = gateway_event(
            method,
            path,
            headers=sent,
            query=query,
            body=body,
            base64_encoded=base64_encoded,
        )
        service = Service(
            db=world.db,
            files=world.files,
            executions=world.executions,
            histories=world.histories,
            tokens=tokens,
            policy=world.lane,
            pages=world.pages,
        )
        app.append_context(service=service, site=site)
        answer = app.resolve(event, CONTEXT)
        got = {
            name.lower(): ", ".join(values)
            for name, values in answer.get("multiValueHeaders", {}).items()
        }
        text = answer.get("body") or ""
        json_body = "json" in got.get("content-type", "")
        body = json.loads(text) if text and json_body else text
        found = Answer(answer["statusCode"], got, body)
        assert_declared(app, method, path, found)
        return found

    return call


def assert_declared(app: Resolver, method: str, path: str, answer: Answer) -> None:
    """An operation answers the problems and the headers that its route declares."""
    quoted = quote(path, safe=PATH_CHARACTERS, errors="replace")
    for route in (*app._static_routes, *app._dynamic_routes):
        asked = route.method == ("GET" if method == "HEAD" else method)
        if asked and route.include_in_schema and route.rule.match(quoted):
            declared: dict[str, Any] = (route.responses or {})[answer.status]
            headers = set(map(str.lower, declared["headers"]))
            sent = answer.headers.keys() - {"content-type"}
            assert sent == headers, (route.operation_id, answer)
            if answer.status >= HTTPStatus.BAD_REQUEST and answer.body:
                schema = declared["content"][PROBLEM_JSON]["schema"]
                codes = schema["allOf"][1]["properties"]["code"]["enum"]
                assert answer.body["code"] in codes, (route.operation_id, answer)
