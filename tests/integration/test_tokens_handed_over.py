"""The authorizer passes on its key to functions that cannot reach the issuer."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.contracts.gateway import AuthorizeEvent
from invoice_export.errors import KeysUnavailableError, UnauthenticatedError
from invoice_export.steps.authorize import authorize
from tests.fix_api import AUDIENCE

STAGE = "arn:aws:execute-api:us-east-1:123456789012:api/v1"
ARN = f"{STAGE}/GET/api/me"


@pytest.fixture
def inside(issuer):
    return TokenVerifier(issuer=issuer.url, audience=AUDIENCE, jwks_url="")


def asked(**about):
    return AuthorizeEvent.parse({"methodArn": ARN, **about})


def effect(policy, resource=f"{STAGE}/*"):
    (statement,) = policy["policyDocument"]["Statement"]
    assert statement["Resource"] == resource
    return statement["Effect"]


def test_refused_token_is_an_answer_and_no_error_of_the_function(issuer, tokens):
    expired = f"Bearer {issuer.token('user_alice', exp=1)}"
    for refused in (expired, "Bearer forged", "Basic abc", ""):
        policy = authorize(tokens, asked(authorizationToken=refused))
        assert effect(policy) == "Deny"
        assert policy["context"] == {}


@pytest.fixture
def answers():
    """What an issuer answers at each path: a status and a body."""
    known = {
        "/page": (200, b"<html>"),
        "/none": (200, b'{"keys": []}'),
        "/list": (200, b"[]"),
        "/down": (503, b""),
    }

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = known[self.path]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield [f"http://127.0.0.1:{server.server_port}{path}" for path in known]
        server.shutdown()


def test_issuer_without_keys_is_an_error_of_the_function(issuer, answers):
    header = f"Bearer {issuer.token('user_alice')}"
    for url in answers:
        verifier = TokenVerifier(issuer=issuer.url, audience=AUDIENCE, jwks_url=url)
        with pytest.raises(KeysUnavailableError):
            authorize(verifier, asked(authorizationToken=header))


def test_key_of_the_authorizer_checks_the_token_again(issuer, tokens, inside):
    header = f"Bearer {issuer.token('user_alice')}"
    policy = authorize(tokens, asked(authorizationToken=header))
    again = inside.verify(header, handed_over=policy["context"]["key"])
    assert again.user_id == policy["principalId"] == "user_alice"


def test_open_gateway_does_not_open_the_door(issuer, inside):
    header = f"Bearer {issuer.token('user_alice')}"
    for nothing in (None, "", "{}", "null"):
        with pytest.raises(UnauthenticatedError):
            inside.verify(header, handed_over=nothing)


def test_expired_and_foreign_tokens_are_refused_with_the_right_key(
    issuer, tokens, inside
):
    good = f"Bearer {issuer.token('user_alice')}"
    key = tokens.verify(good).key
    for changes in ({"exp": 1}, {"aud": "another"}, {"iss": "https://evil.example"}):
        with pytest.raises(UnauthenticatedError):
            inside.verify(f"Bearer {issuer.token('user_alice', **changes)}", key)


def test_visitors_get_to_the_open_routes_alone(tokens):
    for path in ("/inspector", "/inspector/app.js", "/api/openapi.json"):
        allowed = authorize(tokens, asked(type="REQUEST", path=path))
        # One route: the gateway keeps an answer for each.
        assert effect(allowed, ARN) == "Allow"
        assert allowed["principalId"] == "visitor"
        assert "key" not in allowed["context"]
    for path in ("/api/me", "/api/organizations/org_acme/exports", "/", ""):
        refused = authorize(tokens, asked(type="REQUEST", path=path))
        assert effect(refused, ARN) == "Deny"
