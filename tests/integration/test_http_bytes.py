"""How the API answers malformed bytes, wrong media types and wrong methods."""

import base64
import json

import pytest

from tests.fix_api import Call
from tests.fix_world import World

EXPORTS = "/api/organizations/org_acme/exports"
WEBHOOK = "/api/organizations/org_acme/webhook"
RUN = f"{EXPORTS}/00000000-0000-7000-8000-000000000000"


def count_runs(world: World) -> int:
    runs = world.rows("SELECT count(*) FROM exports WHERE day_bucket > '2025-01-01'")
    return int(runs[0]["count"])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("[" * 5000 + "]" * 5000, id="nested lists"),
        pytest.param('{"a":' * 2000 + "1" + "}" * 2000, id="nested objects"),
        pytest.param('{"format":' + "1" * 5000 + "}", id="5,000 digits"),
        pytest.param('{"format":1e999}', id="infinite by size"),
        pytest.param('{"format":NaN}', id="NaN"),
        pytest.param('{"format":-Infinity}', id="infinity"),
        pytest.param('{"format":"\\u0000"}', id="NUL"),
        pytest.param('{"\\u0000":1}', id="NUL in a key"),
        pytest.param('{"\\ud800":1}', id="lone surrogate in a key"),
        pytest.param('{"format":"\\udfff"}', id="lone surrogate"),
        pytest.param('{"\ud800":1}', id="lone surrogate in the event"),
        pytest.param("\ufeff{}", id="byte-order mark"),
        pytest.param("\x00", id="a bare NUL"),
        pytest.param('{"format":"csv","format":"csv.gz"}', id="a key twice"),
        pytest.param('{"a":{"b":1,"b":2}}', id="a key twice inside"),
        pytest.param("   ", id="blanks"),
        pytest.param("{} {}", id="two values"),
        pytest.param("[{}]", id="a list of one object"),
        pytest.param("0", id="a number"),
        pytest.param('"{}"', id="a text"),
    ],
)
def test_body_that_is_not_an_object_of_json_is_explained(
    world: World, api: Call, body: str
) -> None:
    for method, path in (("POST", EXPORTS), ("PUT", WEBHOOK)):
        answer = api(method, path, body=body)
        assert (answer.status, answer.body["code"]) == (422, "INVALID_REQUEST")
        assert [error["field"] for error in answer.body["errors"]] == ["body"]
    assert count_runs(world) == 0


@pytest.mark.parametrize(
    "encoded",
    [
        "!",
        "e30",
        "e30=\n=",
        "e3\u00e4=",
        base64.b64encode(b"\xff\xfe{}").decode(),
        base64.b64encode(b'{"format":"\xff"}').decode(),
        base64.b64encode(b'{"format":"\xed\xa0\x80"}').decode(),
    ],
)
def test_broken_base64_and_broken_utf8_are_explained(
    world: World, api: Call, encoded: str
) -> None:
    answer = api("POST", EXPORTS, body=encoded, base64_encoded=True)
    assert (answer.status, answer.body["code"]) == (422, "INVALID_REQUEST")
    assert [error["field"] for error in answer.body["errors"]] == ["body"]
    assert count_runs(world) == 0


def test_base64_body_is_read(world: World, api: Call) -> None:
    body = base64.b64encode(json.dumps({"format": "csv.gz"}).encode()).decode()
    run = api("POST", EXPORTS, body=body, base64_encoded=True).body["runId"]
    assert api("GET", f"{EXPORTS}/{run}").body["format"] == "csv.gz"


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "Application/Json",
        "APPLICATION/JSON ; Charset=UTF-8",
        "application/json;charset=utf-8",
        'application/json; profile=x; charset="utf-8"',
        "application/json;charset=us-ascii",
        "",
    ],
)
def test_json_by_any_spelling_is_read(api: Call, media_type: str) -> None:
    answer = api(
        "POST", EXPORTS, body={"format": "xml"}, headers={"content-type": media_type}
    )
    assert answer.status == 422
    assert answer.body["errors"][0]["field"] == "body.format"


@pytest.mark.parametrize(
    "media_type",
    [
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-Urlencoded; charset=utf-8",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "text/json",
        "application/jsonp",
        "application/json-patch+json",
        "application/vnd.api+json",
        "application/json;charset=utf-16",
        "application/json; charset=iso-8859-1",
        "application/json, text/plain",
        "\udcff\x00",
    ],
)
def test_other_media_types_are_refused(
    world: World, api: Call, media_type: str
) -> None:
    for body in ("format=csv", "{}", "--x\r\n\r\n1\r\n--x--"):
        answer = api("POST", EXPORTS, body=body, headers={"content-type": media_type})
        assert (answer.status, answer.body["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert count_runs(world) == 0


def test_no_body_has_no_media_type(world: World, api: Call) -> None:
    for media_type in ("", "application/x-www-form-urlencoded"):
        for body in (None, ""):
            headers = {"content-type": media_type}
            assert api("POST", EXPORTS, body=body, headers=headers).status == 202
    assert count_runs(world) == 1


def test_stranger_learns_nothing_from_media_types_and_methods(api: Call) -> None:
    form = {"content-type": "text/plain"}
    for method, path in (
        ("POST", EXPORTS),
        ("PATCH", EXPORTS),
        ("DELETE", "/api/me"),
        ("POST", "/api/nothing"),
        ("HEAD", RUN),
    ):
        refused = api(method, path, as_user=None, body="x", headers=form)
        assert refused.status == 401
        assert "allow" not in refused.headers
    for method in ("PATCH", "HEAD", "POST"):
        refused = api(method, EXPORTS, as_user="user_dave", body="x", headers=form)
        assert refused.status == 404
        assert "allow" not in refused.headers


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (EXPORTS, "GET, HEAD, POST"),
        (RUN, "GET, HEAD"),
        (f"{RUN}/cancel", "POST"),
        (WEBHOOK, "DELETE, GET, HEAD, PUT"),
        ("/api/me", "GET, HEAD"),
        ("/api/openapi.json", "GET, HEAD"),
        ("/inspector", "GET, HEAD"),
    ],
)
def test_other_methods_name_the_allowed_ones(
    world: World, api: Call, path: str, allowed: str
) -> None:
    world.rows("UPDATE members SET role = 'viewer' WHERE user_id = 'user_carol'")
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - set(
        allowed.split(", ")
    ):
        answer = api(method, path, as_user="user_carol")
        assert (answer.status, answer.body["code"]) == (405, "METHOD_NOT_ALLOWED")
        assert answer.headers["allow"] == allowed


def test_unknown_path_has_no_methods(api: Call) -> None:
    for method in ("GET", "HEAD", "PATCH"):
        answer = api(method, "/api/nothing")
        assert answer.status == 404
        assert "allow" not in answer.headers


def test_head_answers_as_get_without_a_body(world: World, api: Call) -> None:
    run = world.start().run
    for path in (
        EXPORTS,
        f"{EXPORTS}/{run.id}",
        "/api/organizations/org_acme/audit-logs",
        "/api/me",
        "/api/openapi.json",
        "/inspector",
        "/inspector/config.json",
        RUN,
        WEBHOOK,
    ):
        got, head = api("GET", path), api("HEAD", path)
        assert (head.status, head.headers) == (got.status, got.headers)
        assert got.body
        assert head.body == ""


def test_head_on_an_unchanged_run_is_304(world: World, api: Call) -> None:
    path = f"{EXPORTS}/{world.start().run.id}"
    etag = api("GET", path).headers["etag"]
    for known in (etag, f'"x", W/{etag}', "*"):
        same = api("HEAD", path, headers={"If-None-Match": known})
        assert (same.status, same.body, same.headers["etag"]) == (304, "", etag)


def test_head_on_a_download_records_no_download(world: World, api: Call) -> None:
    run = world.start().run
    world.run_to_end(run.ref)
    path = f"{EXPORTS}/{run.id}/download"
    assert api("HEAD", path).status == 200
    assert world.audits("downloaded") == []
    assert api("GET", path).status == 200
    assert len(world.audits("downloaded")) == 1


def test_token_of_odd_bytes_is_refused(api: Call) -> None:
    nested = b'{"alg":' + b"[" * 5000 + b"]" * 5000 + b"}"
    long = b'{"alg":' + b"1" * 5000 + b"}"
    headers = [base64.urlsafe_b64encode(each).decode() for each in (nested, long)]
    for token in (*(f"{each}.e30.e30" for each in headers), "\ud800", "\0", "é.é.é"):
        answer = api("GET", "/api/me", token=token)
        assert (answer.status, answer.body["code"]) == (401, "UNAUTHENTICATED")
