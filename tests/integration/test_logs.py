"""Every log line names its own run, and never the previous one."""

import io
import json
import logging
import os
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest

from invoice_export.adapters.event_queue import EventQueue
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.errors import (
    DatabaseUnavailableError,
    EventsUnavailableError,
    WorkflowUnavailableError,
)
from invoice_export.steps.publish_events import publish_events
from local.mail_events import MailEvent, event_of
from tests.fix_api import CONTEXT, Call
from tests.fix_world import World
from tests.unit.test_handlers import load

Lines = Callable[[], list[dict[str, Any]]]
NAMED = ("organizationId", "runId", "execution")
EXPORTS = "/api/organizations/org_acme/exports"


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Return a function that reads the lines logged since its last call."""
    (handler,) = logging.getLogger(os.environ["POWERTOOLS_SERVICE_NAME"]).handlers
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)

    def read() -> list[dict[str, Any]]:
        text = stream.getvalue()
        stream.seek(0)
        stream.truncate()
        assert "@" not in text
        return [json.loads(line) for line in text.splitlines()]

    yield read
    handler.setStream(before)


def names(ref: RunRef) -> tuple[str, str, str]:
    return ref.organization_id, str(ref.run_id), ref.execution_name


def named(line: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(line.get(key) for key in NAMED)


def handler_of(
    name: str, monkeypatch: pytest.MonkeyPatch, *dependencies: Any
) -> ModuleType:
    module = load(name)
    monkeypatch.setattr(module, "dependencies", lambda: dependencies)
    return module


def test_workers_name_organisation_run_and_execution(
    world: World, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.start().run.ref
    ids = run.dump()
    settings = SimpleNamespace(
        app_base_url="https://app.example",
        file_retention_days=7,
        max_running_exports=10,
        state_machine_alias="",
    )
    machine = world.executions._machine
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("plan_pages", (world.db, world.pages), ids),
        *(
            ("write_page", (world.db, world.files), {**ids, "page": page})
            for page in range(1, 6)
        ),
        ("compose_file", (world.db, world.files, settings, settings), ids),
        (
            "send_email",
            (world.db, world.mailer, world.email),
            {**ids, "kind": "completed"},
        ),
        (
            "finish_run",
            (settings, world.db, world.files),
            {**ids, "stateMachineArn": machine},
        ),
    ]
    lines()
    for name, dependencies, event in calls:
        handler_of(name, monkeypatch, *dependencies).handler(event, CONTEXT)
        written = [line for line in lines() if "_aws" not in line]
        assert written, name
        assert {named(line) for line in written} == {names(run)}, name


def test_worker_that_fails_says_so_with_the_runs_name_and_not_its_words(
    world: World, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("alice@acme.example")

    run = world.start().run.ref
    lines()
    module = handler_of("plan_pages", monkeypatch, world.db, world.pages)
    monkeypatch.setattr(module, "plan_pages", fail)
    with pytest.raises(ValueError, match="alice"):
        module.handler(run.dump(), CONTEXT)
    (line,) = lines()
    assert named(line) == names(run)
    assert (line["level"], line["error"]) == ("ERROR", "ValueError")
    assert line["trace"][-1].endswith(" fail")


def test_sweep_names_each_run_that_it_mends_and_then_no_more(
    world: World, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.start().run.ref
    second = world.start("org_globex", "user_dave").run.ref
    for ref in (first, second):
        world.executions.stop(ref.execution_name, error="Gone", cause="test")
    module = handler_of("reconcile_runs", monkeypatch, world.sweep, None)
    lines()
    tick = {"detail-type": "Scheduled Event", "detail": {}}
    assert len(module.handler(tick, CONTEXT)["repaired"]) == 2
    written = lines()
    mended = [line for line in written if line["message"] == "repaired"]
    assert {named(line) for line in mended} == {names(first), names(second)}
    (swept,) = (line for line in written if line["message"] == "swept")
    assert named(swept) == (None, None, None)


def test_execution_of_the_next_run_is_started_under_its_own_name(
    world: World, lines: Lines
) -> None:
    running = world.start().run.ref
    queued = world.start(key="another").run.ref
    world.finish(running, error="Boom")
    started = [line for line in lines() if line["message"] == "execution started"]
    assert [named(line) for line in started] == [names(running), names(queued)]


def test_mail_event_names_its_run_and_leaves_no_name_behind(
    world: World, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    send = world.mailer._ses.send_email
    spy = SimpleNamespace(send_email=lambda **call: sent.append(call) or send(**call))
    monkeypatch.setattr(world.mailer, "_ses", spy)
    run = world.start().run.ref
    world.run_to_end(run)
    event = event_of(
        MailEvent.DELIVERY,
        run_id=str(run.run_id),
        message_id="m",
        address="alice@acme.example",
    )
    untagged = json.loads(json.dumps(event))
    untagged["mail"]["tags"] = {}
    # SES returns tags in this form.
    event["mail"]["tags"] = {tag["Name"]: [tag["Value"]] for tag in sent[0]["Tags"]}
    settings = SimpleNamespace(soft_bounce_limit=3)
    module = handler_of("record_email_events", monkeypatch, settings, world.db)
    lines()
    module.handler({"Records": records(event, untagged)}, CONTEXT)
    assert [named(line) for line in lines()] == [names(run), (None, None, None)]


def test_announced_event_names_its_run_on_its_way_out(
    world: World, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.start().run.ref
    world.run_to_end(run)
    url = boto3.client("sqs").create_queue(QueueName="events")["QueueUrl"]
    lines()
    publish_events(world.db, EventQueue(boto3.client("sqs"), url))
    assert [named(line) for line in lines()] == [names(run)]
    got = boto3.client("sqs").receive_message(QueueUrl=url)["Messages"]
    event = json.loads(got[0]["Body"])
    taken: list[Any] = []

    def put(event: Any) -> None:
        if taken:
            raise EventsUnavailableError("away")
        taken.append(event)

    bus = SimpleNamespace(put=put)
    module = handler_of("deliver_events", monkeypatch, bus, SimpleNamespace())
    answer = module.handler({"Records": records(event, event)}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    delivered, failed = lines()
    assert named(delivered) == named(failed) == names(run)
    assert (failed["error"], failed["reason"]) == ("EventsUnavailableError", "away")


def test_api_names_what_the_request_is_about(
    world: World, api: Call, lines: Lines
) -> None:
    lines()
    run_id = api("POST", EXPORTS).body["runId"]
    names_of_run = ("org_acme", run_id, f"{run_id}-1")
    accepted = [line for line in lines() if line["message"] == "export accepted"]
    assert [named(line) for line in accepted] == [names_of_run]
    api("POST", f"{EXPORTS}/{run_id}/cancel")
    assert {named(line) for line in lines()} == {names_of_run}


def test_api_names_the_execution_once_the_run_has_been_read(
    world: World, api: Call, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise DatabaseUnavailableError("away")

    run = world.start().run.ref
    world.run_to_end(run)
    monkeypatch.setattr("invoice_export.steps.watch_exports.as_status", fail)
    monkeypatch.setattr(type(world.histories), "read", fail)
    monkeypatch.setattr(type(world.files), "signed_url", fail)
    for what in ("", "/graph", "/download"):
        lines()
        assert api("GET", f"{EXPORTS}/{run.run_id}{what}").status == 503, what
        assert [named(line) for line in lines()] == [names(run)], what


def test_start_that_is_left_to_the_sweep_is_named_whoever_asked(
    world: World, api: Call, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise WorkflowUnavailableError("away")

    monkeypatch.setattr(type(world.executions), "start", fail)
    running = api("POST", EXPORTS).body["runId"]
    queued = api("POST", EXPORTS, headers={"idempotency-key": "two"}).body["runId"]
    api("POST", f"{EXPORTS}/{running}/cancel")
    left = [line for line in lines() if line["message"] == "start left to the sweep"]
    assert [line.get("execution") for line in left] == [f"{running}-1", f"{queued}-1"]


def test_api_that_fails_names_what_is_known_and_quotes_nothing(
    world: World,
    api: Call,
    lines: Lines,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("alice@acme.example")

    run_id = world.start().run.id
    monkeypatch.setattr("invoice_export.steps.watch_exports.get_export", fail)
    lines()
    assert api("GET", f"{EXPORTS}/{run_id}").status == 500
    (line,) = lines()
    assert named(line) == ("org_acme", str(run_id), None)
    assert line["error"] == "ValueError"


def records(*bodies: Any) -> list[dict[str, str]]:
    return [
        {"messageId": str(n), "eventSource": "aws:sqs", "body": json.dumps(body)}
        for n, body in enumerate(bodies)
    ]
