"""`make smoke` on a deployment that answers as each test says."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.unit.test_data_path import manifest_of
from tools import smoke

API = "https://api.example/v1"
FILES = "https://files.example"
RUN = "01a20c7e-de4f-7903-bda6-887bcf07d542"
HEADER, *ROWS = b"id\r\n", b'"1\r\n"\r\n', b"2\r\n"
FAILED = {"code": "EMPTY_RESULTSET", "message": "There are no invoices."}


class Deployment:
    """A deployment whose two invoices are exported at the second question."""

    def __init__(self) -> None:
        manifest = manifest_of(HEADER + ROWS[0], ROWS[1])
        self.role = "member"
        self.states: Iterator[str] = iter(("running", "completed"))
        self.reports: Iterator[str | None] = iter((None, "delivered"))
        self.api = API
        self.run: dict[str, Any] = {
            "runId": RUN,
            "pagesDone": 1,
            "pagesTotal": 2,
            "rowCount": 2,
            "email": "sent",
            "emailReport": None,
            "error": None,
        }
        self.file = HEADER + b"".join(ROWS)
        self.manifest = manifest.to_json()
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        match request.method, str(request.url).removeprefix(f"{self.api}/api/"):
            case "GET", "me":
                return httpx.Response(200, json=self.me)
            case "POST", "organizations/org_1/exports":
                return httpx.Response(202, json={"runId": RUN, "status": "running"})
            case "GET", path if path.endswith("/download"):
                return httpx.Response(
                    200,
                    json={
                        "url": f"{FILES}/file",
                        "manifestUrl": f"{FILES}/manifest",
                        "filename": "invoices-2026-01-01.csv",
                    },
                )
            case "GET", "https://files.example/file":
                return httpx.Response(200, content=self.file)
            case "GET", "https://files.example/manifest":
                return httpx.Response(200, text=self.manifest)
            case "GET", path if path.endswith(RUN):
                return httpx.Response(200, json=self.answer)
        raise AssertionError(request)

    @property
    def me(self) -> dict[str, Any]:
        membership = {"organizationId": "org_1", "role": self.role}
        viewed = {"organizationId": "org_0", "role": "viewer"}
        return {"userId": "user_1", "memberships": [viewed, membership]}

    @property
    def answer(self) -> dict[str, Any]:
        """The run; SES reports of its mail once it has ended."""
        for state in self.states:
            return self.run | {"status": state}
        report = next(self.reports, None)
        return self.run | {"status": "completed", "emailReport": report}

    def smoke(self, **environment: str) -> int:
        given = {"API": self.api, "TOKEN": "t", **environment}
        return smoke.main(given, httpx.MockTransport(self))


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setattr(smoke, "POLL_SECONDS", 0)
    return Deployment()


def test_each_step_of_a_good_deployment_is_one_line(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deployment.smoke() == 0
    told = capsys.readouterr()
    assert [line.split("  ")[0] for line in told.out.splitlines()] == [
        "signed in",
        "started",
        "completed",
        "downloaded",
        "checked",
        "mailed",
        "delivered",
    ]
    assert told.err == ""
    assert next(deployment.reports, "asked until it came") == "asked until it came"


def test_an_engine_without_events_is_said_to_have_none(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.api = "http://127.0.0.1:4566/_aws/execute-api/abc/v1"
    deployment.reports = iter(())
    assert deployment.smoke() == 0
    *_, mailed, last = capsys.readouterr().out.splitlines()
    assert mailed.split()[0] == "mailed"
    assert last.split(maxsplit=1) == [
        "unreported",
        "this engine never tells whether mail arrives",
    ]


def test_an_equal_export_of_today_is_not_taken_for_a_new_one(
    deployment: Deployment,
) -> None:
    deployment.smoke()
    deployment.states = iter(("completed",))
    deployment.reports = iter(("delivered",))
    deployment.smoke()
    keys = {
        request.headers["idempotency-key"]
        for request in deployment.requests
        if request.method == "POST"
    }
    assert len(keys) == 2


def test_the_token_goes_to_the_api_and_not_to_the_files(
    deployment: Deployment,
) -> None:
    deployment.smoke(API=f"{API}/")
    for request in deployment.requests:
        at_the_api = request.url.host == "api.example"
        assert ("authorization" in request.headers) == at_the_api


def unfinished(deployment: Deployment) -> None:
    deployment.states = iter(["running"] * 9)


def failed(deployment: Deployment) -> None:
    deployment.states = iter(["failed"])
    deployment.run["error"] = FAILED


def changed(deployment: Deployment) -> None:
    deployment.file = deployment.file.replace(b"2\r\n", b"3\r\n")


def miscounted(deployment: Deployment) -> None:
    deployment.run["rowCount"] = 3


def refused(deployment: Deployment) -> None:
    deployment.run["email"] = "refused"


def unreported(deployment: Deployment) -> None:
    deployment.states = iter(["completed"])
    deployment.reports = iter(())


def bounced(deployment: Deployment) -> None:
    deployment.reports = iter(["bounced"])


def viewed(deployment: Deployment) -> None:
    deployment.role = "viewer"


# They would wait for what never comes.
HASTY = (unfinished, unreported)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (unfinished, "is still running after 0 seconds, 1 of 2 pages"),
        (failed, "is failed: EMPTY_RESULTSET, There are no invoices. Name one with"),
        (changed, "part 2: its SHA-256 is"),
        (miscounted, "2 rows are in the file, 2 in its manifest and 3 in the run"),
        (refused, "the mail is refused: SES will never accept it"),
        (unreported, "SES has reported nothing of the mail after 0 seconds"),
        (bounced, "SES reports the mail as bounced: the requester's address takes no"),
        (viewed, "user_1 may not export in any organisation"),
    ],
)
def test_a_fault_is_one_line(
    deployment: Deployment,
    capsys: pytest.CaptureFixture[str],
    broken: Callable[[Deployment], None],
    reason: str,
) -> None:
    broken(deployment)
    assert deployment.smoke(WAIT="0" if broken in HASTY else "300") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert reason in line


def test_a_refusal_of_the_api_is_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    problem = json.dumps({"code": "UNAUTHENTICATED"}, indent=2)
    answer = httpx.MockTransport(lambda _: httpx.Response(401, text=problem))
    assert smoke.main({"API": API, "TOKEN": "t"}, answer) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        f'error: GET {API}/api/me answered 401: {{ "code": "UNAUTHENTICATED" }}'
    )


def test_a_page_in_place_of_an_answer_is_a_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = httpx.MockTransport(lambda _: httpx.Response(200, html="<p>Welcome</p>"))
    assert smoke.main({"API": API, "TOKEN": "t"}, answer) == 1
    assert "answered 200: <p>Welcome</p>" in capsys.readouterr().err


def test_no_answer_names_the_address(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    given = {"API": API, "TOKEN": "t"}
    assert smoke.main(given, httpx.MockTransport(refuse)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"error: no answer from {API}: ConnectError refused"


@pytest.mark.parametrize(
    "given",
    [{}, {"API": API}, {"TOKEN": "t"}, {"API": "api.example", "TOKEN": "t"}],
)
def test_a_missing_address_or_token_says_how_to_call_it(
    given: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert smoke.main(given) == 1
    assert "make smoke API=" in capsys.readouterr().err
