"""How the API answers its clients."""

import base64
import hmac
import json
import time
from pathlib import Path
from urllib.parse import urljoin

import boto3
import httpx
import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fix_api import AUDIENCE, KEY_ID, Call, Issuer
from tests.fix_world import World

EXPORTS = "/api/organizations/org_acme/exports"
UNKNOWN_RUN = "9b0b1394-63b0-4922-8f98-1a2468258c27"


def count_runs(world: World) -> int:
    runs = world.rows("SELECT count(*) FROM exports WHERE day_bucket > '2025-01-01'")
    return int(runs[0]["count"])


def started_executions(world: World) -> int:
    client = boto3.client("stepfunctions")
    machine = client.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    return len(client.list_executions(stateMachineArn=machine)["executions"])


def test_start_is_accepted_with_the_run_and_where_it_is(
    world: World, api: Call
) -> None:
    answer = api("POST", EXPORTS)
    assert answer.status == 202
    assert answer.body["status"] == "running"
    assert answer.body["deduplicated"] is False
    url = "https://api.example/v1" + EXPORTS
    run_url = f"{url}/{answer.body['runId']}"
    assert urljoin(url, answer.headers["location"]) == run_url
    assert started_executions(world) == 1
    run = world.run(answer.body["runId"])
    assert run["execution_name"] == f"{run['id']}-1"
    assert run["execution_arn"] is not None


def test_start_sends_ids_and_nothing_else_into_the_history(
    world: World, api: Call
) -> None:
    run_id = api("POST", EXPORTS).body["runId"]
    arn = world.run(run_id)["execution_arn"]
    sent = boto3.client("stepfunctions").describe_execution(executionArn=arn)["input"]
    assert json.loads(sent) == {
        "organizationId": "org_acme",
        "runId": run_id,
        "generation": 1,
    }


def test_second_start_returns_the_running_export(world: World, api: Call) -> None:
    first = api("POST", EXPORTS)
    second = api("POST", EXPORTS, body={})
    assert second.status == 202
    assert second.body["runId"] == first.body["runId"]
    assert second.body["deduplicated"] is True
    assert count_runs(world) == 1
    assert started_executions(world) == 1


def test_second_start_returns_the_completed_export(world: World, api: Call) -> None:
    run = world.start().run
    world.run_to_end(run.ref)
    again = api("POST", EXPORTS).body
    assert (again["runId"], again["status"]) == (str(run.id), "completed")


def test_idempotency_key_asks_for_another_export(world: World, api: Call) -> None:
    plain = api("POST", EXPORTS).body["runId"]
    keyed = api("POST", EXPORTS, headers={"Idempotency-Key": "second"}).body
    again = api("POST", EXPORTS, headers={"Idempotency-Key": "second"}).body
    assert keyed["runId"] != plain
    assert keyed["status"] == "queued"
    assert again["runId"] == keyed["runId"]


def test_yesterdays_export_does_not_stop_todays(world: World, api: Call) -> None:
    run = world.start().run
    world.run_to_end(run.ref)
    world.rows("UPDATE exports SET day_bucket = day_bucket - 1 WHERE id = %s", run.id)
    assert api("POST", EXPORTS).body["runId"] != str(run.id)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        (EXPORTS, "POST"),
        (EXPORTS, "GET"),
        (f"{EXPORTS}/{UNKNOWN_RUN}", "GET"),
        (f"{EXPORTS}/{UNKNOWN_RUN}/cancel", "POST"),
        ("/api/organizations/org_acme/audit-logs", "GET"),
        ("/api/me", "GET"),
    ],
)
def test_no_token_is_no_entry(world: World, api: Call, path: str, method: str) -> None:
    answer = api(method, path, as_user=None)
    assert answer.status == 401
    assert answer.body["code"] == "UNAUTHENTICATED"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert count_runs(world) == 0


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encoded(part: dict[str, object]) -> str:
    return base64url(json.dumps(part).encode())


def forged(issuer: Issuer) -> dict[str, str]:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = issuer.claims("user_alice")
    public = issuer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    unsigned = [encoded({"alg": "none", "kid": KEY_ID}), encoded(claims)]
    # PyJWT refuses to sign this one, so the test builds it by hand.
    signed_part = encoded({"alg": "HS256", "kid": KEY_ID}) + "." + encoded(claims)
    signature = base64url(hmac.digest(public, signed_part.encode(), "sha256"))
    return {
        "expired": issuer.token("user_alice", exp=int(time.time()) - 120),
        "another key": jwt.encode(
            claims, other, algorithm="RS256", headers={"kid": KEY_ID}
        ),
        "unknown key": jwt.encode(
            claims, other, algorithm="RS256", headers={"kid": "x"}
        ),
        "no algorithm": ".".join([*unsigned, ""]),
        "public key as secret": ".".join([signed_part, signature]),
        "another audience": issuer.token("user_alice", aud="another"),
        "client for audience": issuer.token("user_alice", aud=None, client_id=AUDIENCE),
        "another client": issuer.token(
            "user_alice", aud=None, client_id="another", token_use="access"
        ),
        "identity of a client": issuer.token("user_alice", token_use="id"),
        "another issuer": issuer.token("user_alice", iss="https://evil.example"),
        "no subject": issuer.token("user_alice", sub=None),
        "no expiry": issuer.token("user_alice", exp=None),
        "not yet": issuer.token("user_alice", nbf=int(time.time()) + 600),
        "rubbish": "not.a.token",
        "empty": " ",
    }


def test_access_token_of_cognito_names_its_client_in_place_of_an_audience(
    api: Call, issuer: Issuer
) -> None:
    token = issuer.token("user_alice", aud=None, client_id=AUDIENCE, token_use="access")
    assert api("GET", "/api/me", token=token).body["userId"] == "user_alice"
    one_of_many = issuer.token("user_alice", aud=["another", AUDIENCE])
    assert api("GET", "/api/me", token=one_of_many).status == 200


def test_bad_tokens_are_refused_and_write_nothing(
    world: World, api: Call, issuer: Issuer
) -> None:
    for name, token in forged(issuer).items():
        answer = api("POST", EXPORTS, token=token)
        assert (name, answer.status) == (name, 401)
        assert answer.body["code"] == "UNAUTHENTICATED"
    assert count_runs(world) == 0
    assert started_executions(world) == 0
    assert AUDIENCE not in json.dumps(answer.body)


def test_token_from_a_clock_ahead_of_ours_is_refused_as_such(
    api: Call, issuer: Issuer
) -> None:
    ahead = int(time.time()) + 600
    token = issuer.token("user_alice", iat=ahead, exp=ahead + 600)
    answer = api("GET", "/api/me", token=token)
    assert answer.status == 401
    assert "clocks" in answer.body["detail"]


def test_viewer_watches_but_does_not_act(world: World, api: Call) -> None:
    world.rows("UPDATE members SET role = 'viewer' WHERE user_id = 'user_carol'")
    assert api("GET", EXPORTS, as_user="user_carol").status == 200
    answer = api("POST", EXPORTS, as_user="user_carol")
    assert (answer.status, answer.body["code"]) == (403, "ROLE_TOO_LOW")
    assert count_runs(world) == 0


def test_refusal_comes_before_the_body_is_looked_at(world: World, api: Call) -> None:
    assert api("POST", EXPORTS, as_user=None, body={"x": 1}).status == 401
    assert api("POST", EXPORTS, as_user="user_dave", body={"x": 1}).status == 404
    world.rows("UPDATE members SET role = 'viewer' WHERE user_id = 'user_carol'")
    assert api("POST", EXPORTS, as_user="user_carol", body={"x": 1}).status == 403


@pytest.mark.parametrize(
    "organization", ["org_globex", "org_none", "..%2F", "a b", "%00"]
)
def test_another_organisation_is_not_there(
    world: World, api: Call, organization: str
) -> None:
    for method, path in (
        ("POST", "exports"),
        ("GET", "exports"),
        ("GET", "audit-logs"),
        ("GET", f"exports/{UNKNOWN_RUN}"),
        ("POST", f"exports/{UNKNOWN_RUN}/retry"),
    ):
        answer = api(method, f"/api/organizations/{organization}/{path}")
        assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")
    assert count_runs(world) == 0


def test_role_in_a_token_means_nothing(world: World, api: Call, issuer: Issuer) -> None:
    token = issuer.token("user_dave", role="owner", organizations=["org_acme"])
    assert api("POST", EXPORTS, token=token).status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"format": "xml"}, "body.format"),
        ({"unknown": 1}, "body.unknown"),
        ([], "body"),
        ("{", "body"),
    ],
)
def test_bad_body_is_explained_by_field(
    world: World, api: Call, body: object, field: str
) -> None:
    answer = api("POST", EXPORTS, body=body)
    assert (answer.status, answer.body["code"]) == (422, "INVALID_REQUEST")
    assert answer.body["errors"][0]["field"].startswith(field)
    assert count_runs(world) == 0


def test_over_long_body_is_refused(world: World, api: Call) -> None:
    for body in (json.dumps({"x": "y" * 20_000}), "{}" + " " * 20_000):
        answer = api("POST", EXPORTS, body=body)
        assert (answer.status, answer.body["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert count_runs(world) == 0


def test_body_that_is_not_json_is_refused(world: World, api: Call) -> None:
    answer = api("POST", EXPORTS, body="a=b", headers={"content-type": "text/plain"})
    assert (answer.status, answer.body["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert count_runs(world) == 0


@pytest.mark.parametrize("key", ["", "x" * 129, "with space", "ümlaut"])
def test_bad_idempotency_key_is_explained(world: World, api: Call, key: str) -> None:
    answer = api("POST", EXPORTS, headers={"Idempotency-Key": key})
    assert answer.status == 422
    assert count_runs(world) == 0


@pytest.mark.parametrize("run_id", ["not-a-run", "123", "%27%3B--"])
def test_malformed_run_id_is_explained(api: Call, run_id: str) -> None:
    answer = api("GET", f"{EXPORTS}/{run_id}")
    assert (answer.status, answer.body["code"]) == (422, "INVALID_REQUEST")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x"])
def test_limit_has_limits(api: Call, limit: str) -> None:
    assert api("GET", EXPORTS, query={"limit": limit}).status == 422


def test_unknown_endpoint_is_a_problem_too(api: Call) -> None:
    answer = api("GET", "/api/nothing")
    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")


def test_status_follows_the_run(world: World, api: Call) -> None:
    run = world.start().run
    path = f"{EXPORTS}/{run.id}"
    body = api("GET", path).body
    assert (body["status"], body["attemptCount"]) == ("running", 1)
    assert (body["pagesDone"], body["pagesTotal"]) == (0, None)
    pages = world.plan(run.ref)
    assert (api("GET", path).body["pagesTotal"], len(pages)) == (5, 5)
    world.write(run.ref, 3)
    body = api("GET", path).body
    assert (body["pagesDone"], body["rowsDone"]) == (1, 50)
    assert body["bytesDone"] > 0
    world.run_to_end(run.ref)
    body = api("GET", path).body
    assert (body["status"], body["rowCount"], body["email"]) == (
        "completed",
        240,
        "sent",
    )
    assert str(run.id) in body["downloadUrl"]
    assert body["bytes"] == len(world.file(run.id))
    assert (body["error"], body["queuePosition"]) == (None, None)


def test_unchanged_status_is_not_sent_again(world: World, api: Call) -> None:
    run = world.start().run
    path = f"{EXPORTS}/{run.id}"
    etag = api("GET", path).headers["etag"]
    same = api("GET", path, headers={"If-None-Match": etag})
    assert (same.status, same.body, same.headers["etag"]) == (304, "", etag)
    world.plan(run.ref)
    changed = api("GET", path, headers={"If-None-Match": etag})
    assert changed.status == 200
    assert changed.headers["etag"] != etag


def test_queue_position_counts_who_is_before(world: World, api: Call) -> None:
    world.start()
    second = world.start(user="user_bob").run
    third = world.start(user="user_carol").run
    positions = [
        api("GET", f"{EXPORTS}/{run.id}").body["queuePosition"]
        for run in (second, third)
    ]
    assert positions == [1, 2]


def test_list_shows_the_newest_first(world: World, api: Call) -> None:
    for user in ("user_alice", "user_bob", "user_carol"):
        newest = world.start(user=user).run
    found = api("GET", EXPORTS, query={"limit": "2"}).body["exports"]
    assert len(found) == 2
    assert found[0]["runId"] == str(newest.id)


def test_download_link_saves_the_file_under_its_day(world: World, api: Call) -> None:
    run = world.start().run
    world.run_to_end(run.ref)
    link = api("GET", f"{EXPORTS}/{run.id}/download", as_user="user_carol").body
    assert link["filename"] == f"invoices-{run.day_bucket}.csv"
    assert int(httpx.URL(link["url"]).params["X-Amz-Expires"]) <= 300
    assert (
        link["filename"]
        in httpx.URL(link["url"]).params["response-content-disposition"]
    )
    assert [record["actor"] for record in world.audits("downloaded")] == ["user_carol"]


def test_download_waits_for_the_file(world: World, api: Call) -> None:
    run = world.start().run
    answer = api("GET", f"{EXPORTS}/{run.id}/download")
    assert (answer.status, answer.body["code"]) == (409, "FILE_NOT_READY")
    assert world.audits("downloaded") == []


def test_expired_file_is_gone_but_its_row_stays(world: World, api: Call) -> None:
    run = world.start().run
    world.run_to_end(run.ref)
    world.rows("UPDATE exports SET file_expires_at = now() WHERE id = %s", run.id)
    answer = api("GET", f"{EXPORTS}/{run.id}/download")
    assert (answer.status, answer.body["code"]) == (410, "FILE_EXPIRED")
    assert api("GET", f"{EXPORTS}/{run.id}").body["status"] == "completed"


def test_requester_or_admin_cancels(world: World, api: Call) -> None:
    run = world.start(user="user_alice").run
    waiting = world.start(user="user_bob").run
    path = f"{EXPORTS}/{run.id}/cancel"
    refused = api("POST", path, as_user="user_carol")
    assert (refused.status, refused.body["code"]) == (403, "NOT_YOUR_RUN")
    answer = api("POST", path, as_user="user_bob")
    assert (answer.status, answer.body["status"]) == (200, "cancelled")
    assert world.audits("cancelled")[0]["actor"] == "user_bob"
    assert world.run(waiting.id)["status"] == "running"
    arn = world.run(run.id)["execution_arn"]
    state = boto3.client("stepfunctions").describe_execution(executionArn=arn)
    assert state["status"] == "ABORTED"
    assert api("POST", path, as_user="user_bob").status == 200
    assert len(world.audits("cancelled")) == 1


def test_completed_run_is_neither_cancelled_nor_retried(
    world: World, api: Call
) -> None:
    run = world.start().run
    world.run_to_end(run.ref)
    cancel = api("POST", f"{EXPORTS}/{run.id}/cancel")
    assert (cancel.status, cancel.body["code"]) == (409, "RUN_ENDED")
    retry = api("POST", f"{EXPORTS}/{run.id}/retry")
    assert (retry.status, retry.body["code"]) == (409, "RUN_COMPLETED")


def test_retry_goes_on_under_the_same_id(world: World, api: Call) -> None:
    run = world.start().run
    world.plan(run.ref)
    world.write(run.ref, 1)
    world.finish(run.ref, error="StorageUnavailableError")
    failed = api("GET", f"{EXPORTS}/{run.id}").body
    assert failed["error"]["code"] == "STORAGE_UNAVAILABLE"
    again = api("POST", f"{EXPORTS}/{run.id}/retry")
    assert (again.status, again.body["runId"]) == (202, str(run.id))
    url = f"https://api.example/v1{EXPORTS}/{run.id}"
    assert urljoin(f"{url}/retry", again.headers["location"]) == url
    body = api("GET", f"{EXPORTS}/{run.id}").body
    assert (body["status"], body["attemptCount"], body["error"]) == ("running", 2, None)
    assert body["pagesDone"] == 1


def test_full_queue_asks_to_wait(world: World, api: Call) -> None:
    world.start()
    for number in range(world.lane.max_queued_per_organization):
        world.start(user="user_bob", key=str(number))
    answer = api("POST", EXPORTS, as_user="user_carol")
    assert (answer.status, answer.body["code"]) == (429, "QUEUE_FULL")
    assert int(answer.headers["retry-after"]) > 0


def test_me_lists_the_callers_organisations(world: World, api: Call) -> None:
    assert api("GET", "/api/me").body == {
        "userId": "user_alice",
        "name": "Alice Archer",
        "memberships": [
            {
                "organizationId": "org_acme",
                "organizationName": "Acme Inc.",
                "role": "owner",
            }
        ],
    }
    stranger = api("GET", "/api/me", as_user="user_nobody").body
    assert (stranger["userId"], stranger["memberships"]) == ("user_nobody", [])


def test_audit_log_names_what_happened(world: World, api: Call) -> None:
    run = world.start().run
    world.run_to_end(run.ref)
    logs = api("GET", "/api/organizations/org_acme/audit-logs").body["auditLogs"]
    completed = logs[0]
    assert completed["action"] == "export.invoices.completed"
    assert (completed["subject"], completed["actor"]) == (str(run.id), None)
    assert completed["payload"] == {
        "rowCount": 240,
        "pages": 5,
        "bytes": len(world.file(run.id)),
        "emailSuppressed": False,
    }
    assert logs[1]["action"] == "export.invoices.requested"


def test_database_away_is_told_as_such(world: World, api: Call) -> None:
    world.db.close()
    world.db._connect = lambda: psycopg.connect("host=127.0.0.1 port=1 user=x")
    answer = api("POST", EXPORTS)
    assert (answer.status, answer.body["code"]) == (503, "DATABASE_UNAVAILABLE")
    assert "retry-after" in answer.headers


def test_openapi_describes_every_endpoint(api: Call) -> None:
    answer = api("GET", "/api/openapi.json", as_user=None)
    assert answer.status == 200
    exports = "/api/organizations/{organizationId}/exports"
    assert set(answer.body["paths"]) == {
        exports,
        f"{exports}/estimate",
        "/api/organizations/{organizationId}/datasets",
        f"{exports}/{{runId}}",
        f"{exports}/{{runId}}/graph",
        f"{exports}/{{runId}}/download",
        f"{exports}/{{runId}}/cancel",
        f"{exports}/{{runId}}/retry",
        "/api/organizations/{organizationId}/audit-logs",
        "/api/me",
        "/api/organizations/{organizationId}/webhook",
        "/api/organizations/{organizationId}/suppressions",
        "/api/organizations/{organizationId}/suppressions/{userId}",
    }


def test_operations_have_names_that_a_person_would_choose(api: Call) -> None:
    described = api("GET", "/api/openapi.json", as_user=None).body
    operations = [
        operation for path in described["paths"].values() for operation in path.values()
    ]
    tags = {tag["name"] for tag in described["tags"]}
    assert sorted(operation["operationId"] for operation in operations) == [
        "cancelExport",
        "deleteWebhook",
        "estimateExport",
        "getDownloadLink",
        "getExport",
        "getExportGraph",
        "getMe",
        "getWebhook",
        "liftSuppression",
        "listAuditRecords",
        "listDatasets",
        "listExports",
        "listSuppressions",
        "retryExport",
        "setWebhook",
        "startExport",
    ]
    assert {tag for operation in operations for tag in operation["tags"]} == tags


def test_openapi_describes_the_headers_that_answers_have(api: Call) -> None:
    # The fixture compares every answer with what its route declares.
    described = api("GET", "/api/openapi.json", as_user=None).body
    exports = described["paths"]["/api/organizations/{organizationId}/exports"]
    run = described["paths"]["/api/organizations/{organizationId}/exports/{runId}"]
    problems = described["components"]["responses"]
    for response, special in (
        (exports["get"]["responses"]["200"], set()),
        (exports["post"]["responses"]["202"], {"Location"}),
        (run["get"]["responses"]["200"], {"ETag"}),
        (run["get"]["responses"]["304"], {"ETag"}),
        (problems["NotFound"], set()),
        (problems["Unauthenticated"], {"WWW-Authenticate"}),
        (problems["QueueFullOrTooManyRequests"], {"Retry-After"}),
        (problems["DatabaseUnavailableOrKeysUnavailable"], {"Retry-After"}),
    ):
        assert response["headers"].keys() == {"Cache-Control", *special}, response


def test_committed_openapi_file_is_the_served_one(api: Call) -> None:
    committed = Path(__file__).parents[2] / "docs" / "openapi.json"
    served = api("GET", "/api/openapi.json", as_user=None).body
    assert json.loads(committed.read_text()) == served, "run `make openapi`"
