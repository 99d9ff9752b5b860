"""Each operation answers exactly the problems that the OpenAPI document lists for it.

What it must not answer, ``assert_declared`` checks in every test that calls the API.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
import pytest
from jwt import PyJWKClient

from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.domain.problem_codes import ProblemCode
from tests.fix_api import Answer, Call
from tests.fix_world import World
from tests.integration.test_http_examples import (
    EXPORTS,
    NOT_OURS,
    UNKNOWN_RUN,
    meet_conflicts,
    meet_outages,
    meet_refusals,
)

PROBLEM_JSON = "application/problem+json"
HERE = {"organizationId": "org_acme", "runId": UNKNOWN_RUN, "userId": "user_nobody"}
BAD = {"organizationId": "org_acme", "runId": "no-run", "userId": "no user"}


class Operation(NamedTuple):
    """An operation as the document describes it."""

    name: str
    method: str
    path: str
    described: dict[str, Any]

    def at(self, values: dict[str, str]) -> str:
        return self.path.format_map(values)


@pytest.fixture
def description(api: Call) -> dict[str, Any]:
    found: dict[str, Any] = api("GET", "/api/openapi.json", as_user=None).body
    return found


@pytest.fixture
def operations(description: dict[str, Any]) -> list[Operation]:
    return [
        Operation(described["operationId"], method.upper(), path, described)
        for path, methods in description["paths"].items()
        for method, described in methods.items()
    ]


def declared(description: dict[str, Any], operation: Operation) -> Iterator[str]:
    shared = description["components"]["responses"]
    for response in operation.described["responses"].values():
        if "$ref" in response:
            name = response["$ref"].rpartition("/")[2]
            schema = shared[name]["content"][PROBLEM_JSON]["schema"]
            yield from schema["allOf"][1]["properties"]["code"]["enum"]


def refuse(operation: Operation, api: Call) -> None:
    """Send the operation what it may refuse, whatever it does."""
    method, path = operation.method, operation.at(HERE)
    api(method, path, as_user=None)
    api(method, path, as_user="user_dave")
    api(method, path, as_user="user_carol")
    api(method, path, body=" " * 20_000)
    api(method, path, body="a=b", headers={"content-type": "text/plain"})
    api(method, operation.at(BAD), body={"no such": "key"}, query={"limit": "0"})


def refuse_runs(world: World, api: Call) -> None:
    """Meet what only some runs are refused."""
    api("GET", f"{EXPORTS}/{UNKNOWN_RUN}/download")
    run = world.start(key="of a removed dataset").run
    world.rows("UPDATE exports SET dataset = 'gone' WHERE id = %s", run.id)
    api("GET", f"{EXPORTS}/{run.id}/download", as_user="user_carol")
    world.rows("UPDATE exports SET dataset = 'invoices' WHERE id = %s", run.id)
    api("POST", f"{EXPORTS}/{run.id}/cancel", as_user="user_carol")
    api("POST", f"{EXPORTS}/{run.id}/cancel")
    api("POST", f"{EXPORTS}/{run.id}/retry", as_user="user_carol")
    for number in range(world.lane.max_queued_per_organization + 1):
        world.start(user="user_bob", key=f"before {number}")
    api("POST", f"{EXPORTS}/{run.id}/retry")
    empty_lane(world)


def empty_lane(world: World) -> None:
    world.rows("DELETE FROM exports WHERE status IN ('queued', 'running')")


def test_every_operation_answers_each_problem_that_it_lists(
    world: World,
    api: Call,
    tokens: TokenVerifier,
    description: dict[str, Any],
    operations: list[Operation],
) -> None:
    met: dict[str, set[str]] = {operation.name: set() for operation in operations}

    def watched(method: str, path: str, **rest: Any) -> Answer:
        answer = api(method, path, **rest)
        if answer.status >= 400:
            name = next(
                operation.name
                for operation in sorted(operations, key=lambda each: -len(each.path))
                if operation.method == method and fits(operation.path, path)
            )
            met[name].add(answer.body["code"])
        return answer

    refuse_runs(world, watched)
    for operation in operations:
        refuse(operation, watched)
    world.rows("UPDATE members SET role = 'viewer' WHERE user_id = 'user_carol'")
    for operation in operations:
        watched(operation.method, operation.at(HERE), as_user="user_carol")
    world.rows("UPDATE members SET role = 'member' WHERE user_id = 'user_carol'")
    empty_lane(world)
    meet_refusals(world, watched, lambda *_: None)
    meet_conflicts(world, watched, lambda *_: None)
    empty_lane(world)
    meet_outages(world, watched, lambda *_: None, tokens)
    break_everything(world, watched, tokens, operations)
    never_met = {
        operation.name: sorted(unmet)
        for operation in operations
        if (
            unmet := set(declared(description, operation))
            - NOT_OURS
            - met[operation.name]
        )
    }
    assert never_met == {}


def break_everything(
    world: World, api: Call, tokens: TokenVerifier, operations: list[Operation]
) -> None:
    def broken() -> Any:
        raise AssertionError("a fault in the code")

    keys, nowhere = tokens._keys, PyJWKClient("http://127.0.0.1:1", timeout=1)
    for operation in operations:
        ask = (operation.method, operation.at(HERE))
        tokens._keys = nowhere
        api(*ask)
        tokens._keys = keys
        world.db.close()
        world.db._connect = lambda: psycopg.connect("host=127.0.0.1 port=1 user=x")
        api(*ask)
        world.db._connect = broken
        api(*ask)


def fits(template: str, path: str) -> bool:
    parts = zip(template.split("/"), path.split("/"), strict=False)
    return template.count("/") == path.count("/") and all(
        wanted == part or wanted.startswith("{") for wanted, part in parts
    )


def test_every_operation_may_meet_the_gateways_own_problems(
    description: dict[str, Any], operations: list[Operation]
) -> None:
    own = NOT_OURS - {ProblemCode.METHOD_NOT_ALLOWED}
    for operation in operations:
        assert own <= set(declared(description, operation)), operation.name


def test_name_of_a_code_is_its_word() -> None:
    assert [code.name for code in ProblemCode] == [code.value for code in ProblemCode]
