"""A run's graph over HTTP, built from a history in Step Functions' format."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from invoice_export.adapters.histories import Histories
from tests.fix_api import Call
from tests.fix_world import World

DEFINITION = Path(__file__).parents[2] / "statemachine" / "export_invoices.asl.json"
START = datetime(2026, 1, 1, tzinfo=UTC)


class StepFunctions:
    """Returns a scripted history in pages of the requested size."""

    def __init__(self, told: list[dict[str, Any]], *, known: bool = True) -> None:
        self._events = [
            {"id": id_, "timestamp": START + timedelta(seconds=id_), **event}
            for id_, event in enumerate(told, start=1)
        ]
        self._known = known
        self.calls = 0

    def describe_state_machine(self, **_: Any) -> dict[str, Any]:
        return {"definition": DEFINITION.read_text()}

    describe_state_machine_for_execution = describe_state_machine

    def get_execution_history(self, **asked: Any) -> dict[str, Any]:
        self.calls += 1
        assert not asked["includeExecutionData"]
        if not self._known:
            raise ClientError(
                {"Error": {"Code": "ExecutionDoesNotExist"}}, "GetExecutionHistory"
            )
        events = self._events[::-1] if asked["reverseOrder"] else self._events
        first = int(asked.get("nextToken", "0"))
        last = first + asked["maxResults"]
        more = {"nextToken": str(last)} if last < len(events) else {}
        return {"events": events[first:last], **more}


def entered(name: str, type_: str = "Task") -> dict[str, Any]:
    details = {"stateEnteredEventDetails": {"name": name}}
    return {"type": f"{type_}StateEntered", **details}


def failed(error: str, cause: str) -> dict[str, Any]:
    details = {"taskFailedEventDetails": {"error": error, "cause": cause}}
    return {"type": "TaskFailed", **details}


SCHEDULED = {"type": "TaskScheduled"}


def tell(world: World, told: list[dict[str, Any]], **kinds: Any) -> StepFunctions:
    client = StepFunctions(told, **kinds)
    world.histories = Histories(client, "arn:machine")  # type: ignore[arg-type]
    return client


def graph_of(api: Call, run_id: Any, **options: Any) -> Any:
    path = f"/api/organizations/org_acme/exports/{run_id}/graph"
    return api("GET", path, **options)


def states(body: Any) -> dict[str, Any]:
    return {state["name"]: state for state in body["states"]}


def test_a_failed_attempt_is_told_in_short(world: World, api: Call) -> None:
    run = world.start().run
    world.plan(run.ref)
    world.write(run.ref, 1)
    cause = {"errorType": "Runtime.ExitError", "errorMessage": "exit 9", "trace": []}
    tell(
        world,
        [
            entered("Write Pages", "Map"),
            SCHEDULED,
            failed("Runtime.ExitError", json.dumps(cause)),
            failed("UniqueViolation", "Key (email)=(alice@acme.example) exists"),
            failed("DatabaseUnavailableError", "no route to alice@acme.example"),
        ],
    )
    answer = graph_of(api, run.id)
    assert answer.status == 200
    page = states(answer.body)["Write Page"]
    assert page["status"] == "retried"
    assert [(error["error"], error["cause"]) for error in page["errors"]] == [
        ("Runtime.ExitError", "exit 9"),
        ("UniqueViolation", None),
        ("DatabaseUnavailableError", "no route to …"),
    ]
    assert "alice@" not in json.dumps(answer.body)
    pages = states(answer.body)["Write Pages"]
    assert (pages["pagesDone"], pages["pagesTotal"]) == (1, 5)
    assert answer.body["executionStatus"] == "RUNNING"


def test_a_queued_run_has_no_execution_and_all_states_wait(
    world: World, api: Call
) -> None:
    world.start()
    queued = world.start(user="user_bob").run
    client = tell(world, [])
    body = graph_of(api, queued.id).body
    assert body["executionArn"] is None
    assert {state["status"] for state in body["states"]} == {"waiting"}
    assert client.calls == 0


def test_a_forgotten_execution_leaves_the_graph_without_colours(
    world: World, api: Call
) -> None:
    run = world.start().run
    tell(world, [], known=False)
    body = graph_of(api, run.id).body
    assert (body["executionArn"], body["executionStatus"]) == (None, None)


def test_another_organisations_run_has_no_graph(world: World, api: Call) -> None:
    run = world.start().run
    tell(world, [])
    for path, user in (
        (f"/api/organizations/org_acme/exports/{run.id}/graph", "user_dave"),
        (f"/api/organizations/org_globex/exports/{run.id}/graph", "user_dave"),
    ):
        assert api("GET", path, as_user=user).status == 404


def test_an_unchanged_graph_is_not_sent_again(world: World, api: Call) -> None:
    run = world.start().run
    tell(world, [entered("Plan Pages"), {"type": "ExecutionAborted"}])
    etag = graph_of(api, run.id).headers["etag"]
    assert graph_of(api, run.id, headers={"if-none-match": etag}).status == 304


def test_an_ended_execution_is_read_once(world: World, api: Call) -> None:
    run = world.start().run
    client = tell(world, [entered("Plan Pages"), {"type": "ExecutionAborted"}])
    for _ in range(3):
        graph_of(api, run.id)
    assert client.calls == 1


@pytest.mark.parametrize(
    ("count", "complete", "calls"),
    [(1_999, True, 2), (3_500, True, 4), (25_000, False, 4)],
)
def test_a_long_history_is_read_from_both_ends(
    count: int, complete: bool, calls: int
) -> None:
    events = [SCHEDULED] * (count - 1) + [{"type": "ExecutionSucceeded"}]
    client = StepFunctions(events)
    history = Histories(client, "arn:machine").read("arn:execution")  # type: ignore[arg-type]
    assert history is not None
    assert (history.complete, client.calls) == (complete, calls)
    ids = [event.id for event in history.events]
    assert ids == sorted(set(ids))
    assert (ids[0], ids[-1]) == (1, count)
    assert history.ended
