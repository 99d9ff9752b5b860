"""Refused callers get a clear error and write nothing.

tests/README.md explains the numbers.
"""

import base64
import json
import time
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.aws import aws_client
from local.issuer import KEY_ID, Issuer
from tests.e2e.conftest import ON_LOCALSTACK

PROBLEM = "application/problem+json"


def part(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.fixture(
    params=["missing", "no token", "expired", "forged", "unsigned", "other audience"]
)
def bad_authorization(request, running_stack, laptop):
    """An Authorization header for user_alice that the API must refuse."""
    issuer = Issuer(laptop)
    good = jwt.decode(issuer.token("user_alice"), options={"verify_signature": False})
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    head = {"alg": "none", "kid": KEY_ID, "typ": "JWT"}
    tokens = {
        "expired": issuer.token("user_alice", exp=int(time.time()) - 3600),
        "forged": jwt.encode(good, stranger, "RS256", headers={"kid": KEY_ID}),
        "unsigned": f"{part(head)}.{part(good)}.",
        "other audience": issuer.token("user_alice", aud="another-app"),
    }
    if request.param == "missing":
        return {}
    return {"Authorization": f"Bearer {tokens.get(request.param, 'nonsense')}"}


def test_bad_token_is_401_as_a_problem(running_stack, bad_authorization):
    before = running_stack.sql("org_acme", "SELECT count(*) FROM exports")
    for method, path in (("POST", "organizations/org_acme/exports"), ("GET", "me")):
        with running_stack.anonymous(bad_authorization) as http:
            answer = http.request(method, path)
        assert answer.status_code == 401, answer.text
        assert answer.headers["content-type"].startswith(PROBLEM)
        assert answer.json()["code"] == "UNAUTHENTICATED"
    assert running_stack.sql("org_acme", "SELECT count(*) FROM exports") == before


@pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack's gateway asks no authorizer")
def test_gateway_asks_about_a_token_once(running_stack, laptop):
    logs = aws_client(laptop, "logs")
    (group,) = (
        group["logGroupName"]
        for group in logs.describe_log_groups()["logGroups"]
        if "FunctionsAuthorize" in group["logGroupName"]
    )

    def calls():
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, filterPattern="START"
        )
        return sum(len(page["events"]) for page in pages)

    token = Issuer(laptop).token("user_alice", jti=uuid.uuid4().hex)
    before = calls()
    with running_stack.anonymous({"Authorization": f"Bearer {token}"}) as http:
        for path in ("me", "organizations/org_acme/exports", "me"):
            assert http.get(path).status_code == 200
    assert calls() == before + 1


def test_d12_another_organisations_run_is_404(make_tenant):
    acme, globex = make_tenant(invoices=10), make_tenant(invoices=10)
    run = acme.wait(acme.start())
    for method, path in (
        ("GET", f"{globex.path}/{run['runId']}"),
        ("GET", f"{globex.path}/{run['runId']}/download"),
        ("POST", f"{globex.path}/{run['runId']}/cancel"),
        ("POST", f"{globex.path}/{run['runId']}/retry"),
        ("GET", f"{acme.path}/{run['runId']}"),
        ("GET", acme.path),
        ("POST", acme.path),
        ("GET", f"organizations/{acme.id}/audit-logs"),
    ):
        answer = globex.http().request(method, path)
        assert answer.status_code == 404, f"{method} {path}: {answer.text}"
        assert answer.headers["content-type"].startswith(PROBLEM)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ('{"surprise": 1}', 422, "INVALID_REQUEST"),
        ("[1]", 422, "INVALID_REQUEST"),
        ("{not json", 422, "INVALID_REQUEST"),
        (json.dumps({"pad": "x" * 20_000}), 413, "PAYLOAD_TOO_LARGE"),
    ],
    ids=["unknown key", "no object", "no JSON", "over-long"],
)
def test_bad_body_is_refused_and_nothing_written(make_tenant, content, status, code):
    acme = make_tenant(invoices=10)
    answer = acme.http().post(
        acme.path, content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith(PROBLEM)
    assert answer.json()["code"] == code
    assert acme.stack.sql(acme.id, "SELECT count(*) FROM exports") == [(0,)]
    assert acme.stack.sql(acme.id, "SELECT count(*) FROM audit_logs") == [(0,)]


def test_unknown_key_is_named_in_the_field_errors(make_tenant):
    acme = make_tenant(invoices=10)
    answer = acme.http().post(acme.path, json={"surprise": 1})
    (error,) = answer.json()["errors"]
    assert "surprise" in error["field"]


@pytest.mark.parametrize("run_id", ["1", "not-a-run", "0" * 32 + "x", "-1"])
def test_malformed_run_id_is_422(make_tenant, run_id):
    acme = make_tenant(invoices=10)
    answer = acme.http().get(f"{acme.path}/{run_id}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "INVALID_REQUEST"


def test_unknown_run_is_404(make_tenant):
    acme = make_tenant(invoices=10)
    answer = acme.http().get(f"{acme.path}/{uuid.uuid4()}")
    assert answer.status_code == 404


@pytest.mark.parametrize("organization", ["%20", "no.such", "x" * 65, "org_nobody"])
def test_organisation_that_is_none_is_404(make_tenant, organization):
    acme = make_tenant(invoices=10)
    answer = acme.http().post(f"organizations/{organization}/exports")
    assert answer.status_code == 404, answer.text
    assert answer.headers["content-type"].startswith(PROBLEM)


def test_viewer_may_watch_and_download_but_not_start(make_tenant):
    acme = make_tenant(invoices=10, roles=("owner", "viewer"))
    viewer = acme.http(acme.users[1])
    refused = viewer.post(acme.path)
    assert refused.status_code == 403
    assert refused.json()["code"] == "ROLE_TOO_LOW"
    run = acme.wait(acme.start())
    assert viewer.get(f"{acme.path}/{run['runId']}").status_code == 200
    assert viewer.get(f"{acme.path}/{run['runId']}/download").status_code == 200
    refused = viewer.post(f"{acme.path}/{run['runId']}/cancel")
    assert refused.status_code == 403


def test_me_names_the_callers_organisations(running_stack):
    me = running_stack.client("user_alice").get("me").json()
    assert me["userId"] == "user_alice"
    assert [m["organizationId"] for m in me["memberships"]] == ["org_acme"]
    assert me["memberships"][0]["role"] == "owner"


def test_openapi_is_served_to_anybody(running_stack):
    with running_stack.anonymous() as http:
        document = http.get("openapi.json").json()
    assert "/api/organizations/{organizationId}/exports" in document["paths"]
