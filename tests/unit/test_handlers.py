"""Importing a handler has no side effects; calling it runs its step."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.session import Session

from invoice_export.adapters.executions import Executions
from tests.fix_api import CONTEXT, Issuer
from tests.fix_world import World

LAMBDAS = Path(__file__).parents[2] / "lambdas"
NAMES = sorted(path.name for path in LAMBDAS.iterdir() if path.is_dir())


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        f"handler_{name}", LAMBDAS / name / "handler.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_importing_a_handler_needs_no_environment(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a client was created at import")

    monkeypatch.setattr(Session, "create_client", refused)
    assert callable(load(name).handler)


def call(name: str, event: dict[str, Any]) -> Any:
    answer = load(name).handler(event, CONTEXT)
    return json.loads(json.dumps(answer))


def run_to_end(ids: dict[str, Any], machine: str, *, pages: int, rows: int) -> None:
    plan = call("plan_pages", ids)
    assert plan == {"pages": list(range(1, pages + 1)), "concurrency": 2}
    for page in plan["pages"]:
        assert call("write_page", {**ids, "page": page})["page"] == page
    assert call("compose_file", ids)["rows"] == rows
    assert call("send_email", {**ids, "kind": "completed"}) == {"email": "sent"}
    finish = {**ids, "stateMachineArn": machine}
    assert call("finish_run", finish) == {"status": "completed"}


def test_handlers_carry_a_run_from_start_to_end(
    world: World, environment: SimpleNamespace
) -> None:
    run = world.start().run
    run_to_end(run.ref.dump(), environment.STATE_MACHINE_ARN, pages=5, rows=240)
    tick = {"detail-type": "Scheduled Event", "detail": {}}
    assert call("reconcile_runs", tick) == {
        "repaired": [],
        "postponed": [],
        "admissionError": None,
    }
    assert call("digest_audit_log", {}) == {"stored": True}
    assert call("digest_audit_log", {}) == {"stored": False}
    assert call("migrate_database", {})["migration"]
    assert world.records(run.id) == world.expected()


def test_finish_run_reads_what_a_catch_caught(
    world: World, environment: SimpleNamespace
) -> None:
    run = world.start().run
    error = {"Error": "EmptyResultSetError", "Cause": '{"errorMessage": "none"}'}
    event = {
        **run.ref.dump(),
        "stateMachineArn": environment.STATE_MACHINE_ARN,
        "error": error,
    }
    assert call("finish_run", event) == {"status": "failed"}
    assert world.run(run.id)["error_code"] == "EMPTY_RESULTSET"


def test_authorize_lets_a_good_token_through_and_no_other(
    environment: SimpleNamespace, issuer: Issuer
) -> None:
    arn = "arn:aws:execute-api:us-east-1:1:api/v1/GET/api/me"
    token = f"Bearer {issuer.token('user_alice')}"
    answer = call("authorize", {"authorizationToken": token, "methodArn": arn})
    assert answer["principalId"] == "user_alice"
    statement = answer["policyDocument"]["Statement"][0]
    every_route = "arn:aws:execute-api:us-east-1:1:api/v1/*"
    assert (statement["Effect"], statement["Resource"]) == ("Allow", every_route)
    refused = call("authorize", {"authorizationToken": "Bearer x", "methodArn": arn})
    assert refused["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def test_http_api_answers_api_gateway(environment: SimpleNamespace) -> None:
    event = {
        "httpMethod": "GET",
        "path": "/api/me",
        "resource": "/api/{proxy+}",
        "headers": {},
        "requestContext": {"stage": "v1"},
        "body": None,
    }
    assert call("http_api", event)["statusCode"] == 401


def test_execution_arn_is_known_before_the_execution(world: World) -> None:
    run = world.start().run
    executions: Executions = world.executions
    assert executions.arn(run.ref.execution_name) == world.run(run.id)["execution_arn"]


def test_deliver_events_hands_its_messages_on(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load("deliver_events")
    taken: list[Any] = []
    bus = SimpleNamespace(put=taken.append)
    monkeypatch.setattr(module, "dependencies", lambda: (bus, SimpleNamespace()))
    event = {
        "id": "01a20c7e-de4f-7903-bda6-887bcf07d542",
        "type": "export.completed",
        "occurredAt": "2026-11-24T07:39:38Z",
        "data": {},
    }
    body = json.dumps({"event": event})
    message = {"messageId": "m", "eventSource": "aws:sqs", "body": body}
    answer = module.handler({"Records": [message]}, CONTEXT)
    assert answer == {"batchItemFailures": []}
    assert [str(found.id) for found in taken] == [event["id"]]
