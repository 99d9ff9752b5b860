"""A small OIDC provider: authorization code with PKCE, refresh tokens, sign-out."""

import base64
import json
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "inspector"
AUDIENCE = "invoice-export"
KEY_ID = "provider"


class Provider:
    """Signs everyone in as ``user`` without a prompt, and records the requests."""

    def __init__(self) -> None:
        self.user = "user_alice"
        self.lifetime = 3600
        # Seconds by which the next access token expires too early.
        self.stale_by = 0
        self.refuses_refresh = False
        self.authorizations: list[dict[str, str]] = []
        # Like Cognito: no audience in access tokens, sign-out parameters of its own.
        self.cognito = False
        self.refreshed = 0
        self.signed_out = 0
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, {})

            def do_OPTIONS(self) -> None:
                provider.send(self, 204, b"")

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                provider.answer(self, _flat(self.rfile.read(length).decode()))

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.jwks_url = f"{self.url}/jwks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        path, query = urlsplit(request.path).path, _flat(urlsplit(request.path).query)
        match path:
            case "/.well-known/openid-configuration":
                self.json(request, self._discovery())
            case "/jwks":
                public = jwt.algorithms.RSAAlgorithm.to_jwk(
                    self._key.public_key(), as_dict=True
                )
                key = {**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}
                self.json(request, {"keys": [key]})
            case "/authorize":
                self._authorize(request, query)
            case "/token":
                self._token(request, form)
            case "/revoke":
                self.json(request, {})
            case "/logout":
                self.signed_out += 1
                if self.cognito and query["client_id"] != CLIENT_ID:
                    self.send(request, 400, b"")
                    return
                back = "logout_uri" if self.cognito else "post_logout_redirect_uri"
                self.redirect(request, query[back])
            case _:
                self.send(request, 404, b"")

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "revocation_endpoint": f"{self.url}/revoke",
            "end_session_endpoint": f"{self.url}/logout",
            "jwks_uri": self.jwks_url,
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _authorize(
        self, request: BaseHTTPRequestHandler, query: dict[str, str]
    ) -> None:
        self.authorizations.append(query)
        code = f"code-{len(self.authorizations)}"
        self._codes[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        self.redirect(request, f"{query['redirect_uri']}?{back}")

    def _token(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        if form["grant_type"] == "authorization_code":
            # A code works once.
            authorization = self._codes.pop(form["code"], None)
            digest = sha256(form["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if authorization is None or authorization["code_challenge"] != challenge:
                self.json(request, {"error": "invalid_grant"}, 400)
                return
        elif self.refuses_refresh or form["refresh_token"] != "refresh":
            self.json(request, {"error": "invalid_grant"}, 400)
            return
        else:
            self.refreshed += 1
        self.json(
            request,
            {
                "access_token": self._signed(
                    AUDIENCE, exp=int(time.time()) + self.lifetime - self.stale_by
                ),
                "id_token": self._signed(CLIENT_ID),
                "refresh_token": "refresh",
                "token_type": "Bearer",
                "expires_in": self.lifetime,
                "scope": "openid profile offline_access",
            },
        )
        self.stale_by = 0

    def _signed(self, audience: str, **claims: Any) -> str:
        now = int(time.time())
        named = (
            {"client_id": CLIENT_ID, "token_use": "access"}
            if self.cognito and audience != CLIENT_ID
            else {"aud": audience}
        )
        usual = {
            "iss": self.url,
            **named,
            "sub": self.user,
            "iat": now,
            "exp": now + self.lifetime,
        }
        return jwt.encode({**usual, **claims}, self._key, "RS256", {"kid": KEY_ID})

    def json(
        self, request: BaseHTTPRequestHandler, body: object, status: int = 200
    ) -> None:
        self.send(request, status, json.dumps(body).encode())

    def redirect(self, request: BaseHTTPRequestHandler, to: str) -> None:
        request.send_response(302)
        request.send_header("Location", to)
        request.end_headers()

    def send(self, request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Access-Control-Allow-Origin", "*")
        request.send_header("Access-Control-Allow-Headers", "*")
        request.end_headers()
        request.wfile.write(body)


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
