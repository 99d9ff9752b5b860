"""The workshop's checks: who may call it, and for whom it acts."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import pytest

from local import seed
from local.config import Laptop
from local.issuer import Issuer
from local.localstack import LocalStackLaptop
from local.workshop import serve
from local.workshop_tools import Tools
from tests.laptops import laptop_in


@pytest.fixture
def laptop(request: pytest.FixtureRequest, tmp_path: Path) -> Laptop:
    plain = laptop_in(tmp_path)
    endpoint = getattr(request, "param", None)
    return LocalStackLaptop.at(endpoint, plain) if endpoint else plain


@pytest.fixture
def workshop(laptop: Laptop) -> Iterator[httpx.Client]:
    server = serve(laptop)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    origin = {"Origin": laptop.engine_url}
    with httpx.Client(base_url=laptop.workshop_url, headers=origin) as client:
        yield client
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_sample_user_gets_a_token_of_their_own(
    workshop: httpx.Client, laptop: Laptop
) -> None:
    people = workshop.get("/identities").json()["identities"]
    assert {person["userId"] for person in people} == set(seed.USERS)
    for person in people:
        answer = workshop.post("/tokens", json={"userId": person["userId"]})
        claims = jwt.decode(
            answer.json()["token"],
            Issuer(laptop).key().public_key(),
            algorithms=["RS256"],
            audience="invoice-export",
        )
        assert claims["sub"] == person["userId"]


def test_nobody_else_gets_a_token(workshop: httpx.Client) -> None:
    answer = workshop.post("/tokens", json={"userId": "user_mallory"})
    assert answer.status_code == 404


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example"])
def test_every_origin_but_the_inspectors_is_refused(
    workshop: httpx.Client, origin: str | None
) -> None:
    del workshop.headers["Origin"]
    headers = {"Origin": origin} if origin else {}
    for method, path in (
        ("GET", "/identities"),
        ("GET", "/mails"),
        ("POST", "/tokens"),
        ("POST", "/reset"),
        ("OPTIONS", "/reset"),
    ):
        answer = workshop.request(method, path, headers=headers, json={})
        assert answer.status_code == 403
        allowed = answer.headers["Access-Control-Allow-Origin"]
        assert allowed not in {origin, "*"}


@pytest.mark.parametrize("laptop", ["http://127.0.0.1:4599"], indirect=True)
def test_inspector_of_an_external_engine_is_accepted(workshop: httpx.Client) -> None:
    headers = {"Origin": "http://127.0.0.1:4599"}
    answer = workshop.get("/identities", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == headers["Origin"]


def test_rebound_domain_is_refused(workshop: httpx.Client) -> None:
    answer = workshop.get("/identities", headers={"Host": "evil.example:80"})
    assert answer.status_code == 403


def test_action_for_a_user_needs_a_valid_token(
    workshop: httpx.Client, laptop: Laptop, tmp_path: Path
) -> None:
    stranger = Issuer(laptop_in(tmp_path / "stranger"))
    issuer = Issuer(laptop)
    tokens = {
        "none": None,
        "forged": stranger.token("user_alice", iss=issuer.url),
        "expired": issuer.token("user_alice", exp=1),
        "unsigned": jwt.encode({"sub": "user_alice"}, None, algorithm="none"),
    }
    for token in tokens.values():
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for path in ("/suppress", "/simulate"):
            answer = workshop.post(path, headers=headers, json={"userId": "user_bob"})
            assert answer.status_code == 401


def test_action_is_for_the_subject_of_the_token(
    workshop: httpx.Client, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    suppressed: list[str] = []

    def suppress(_: Tools, user_id: str) -> str:
        suppressed.append(user_id)
        return "done"

    monkeypatch.setattr(Tools, "suppress", suppress)
    headers = {"Authorization": f"Bearer {Issuer(laptop).token('user_carol')}"}
    workshop.post("/suppress", headers=headers, json={"userId": "user_bob"})
    assert suppressed == ["user_carol"]


def test_frame_of_an_email_may_run_no_script(
    workshop: httpx.Client, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tools, "mail_html", lambda _, id_: "<script>alert()</script>")
    del workshop.headers["Origin"]
    answer = workshop.get("/mails/abc/html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups ")
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert f"frame-ancestors {laptop.engine_url}" in policy


def test_workshop_listens_on_loopback_only(laptop: Laptop) -> None:
    server = serve(laptop)
    host, _ = server.server_address[:2]
    server.server_close()
    assert host == "127.0.0.1"
