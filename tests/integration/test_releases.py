"""A release in the middle of a run: old and new functions share runs and schema."""

import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from tests.faults.machine import Execution
from tests.fix_api import Issuer, gateway_event
from tests.fix_world import World
from tests.releases import ROOT, Release, before_the_newest_migration, check_out

STEPS = ("PlanPages", "WritePage", "ComposeFile", "SendEmail", "FinishRun")
TICK = {"detail-type": "Scheduled Event", "detail": {}}

Choose = Callable[[str], Release]


@pytest.fixture
def new(environment: SimpleNamespace) -> Iterator[Release]:
    release = Release(ROOT)
    yield release
    release.close()


@pytest.fixture(params=["the commit before", "before the newest migration"])
def old(
    request: pytest.FixtureRequest, environment: SimpleNamespace, tmp_path: Path
) -> Iterator[Release]:
    commit = before_the_newest_migration() if "newest" in request.param else "HEAD^"
    release = Release(check_out(commit, tmp_path / "release"))
    yield release
    release.close()


def start(release: Release, issuer: Issuer, key: str) -> UUID:
    """Start an export over HTTP with this release's API."""
    token = issuer.token("user_alice")
    headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
    path = "/api/organizations/org_acme/exports"
    answer = release.call("http_api", gateway_event("POST", path, headers=headers))
    assert answer["statusCode"] == 202, answer
    return UUID(re.findall(r'"runId":"([^"]+)"', answer["body"])[0])


def play(world: World, run_id: UUID, machine: Release, choose: Choose) -> str:
    """Play the run's execution with one release's machine, and chosen functions."""

    def invoke(function: str, label: str, payload: dict[str, Any]) -> Any:
        name = re.sub(r"(?<!^)([A-Z])", r"_\1", function).lower()
        return choose(function).call(name, payload)

    execution = Execution(
        {
            "organizationId": "org_acme",
            "runId": str(run_id),
            "generation": world.run(run_id)["generation"],
        },
        definition=machine.definition,
        invoke=invoke,
        stopped=lambda: False,
        wait=lambda error, seconds: None,
        enter=lambda name: None,
    )
    return execution.run()[0]


def assert_complete(world: World, run_id: UUID) -> None:
    assert world.run(run_id)["status"] == "completed"
    assert world.records(run_id) == world.expected()
    assert sum(str(run_id) in mail.body for mail in world.sent()) == 1
    audited = [record["subject"] for record in world.audits("completed")]
    assert audited.count(str(run_id)) == 1


@pytest.mark.parametrize("forwards", [True, False], ids=["deployed", "rolled back"])
def test_a_run_changes_its_functions_after_any_step(
    world: World, issuer: Issuer, old: Release, new: Release, *, forwards: bool
) -> None:
    first, then = (old, new) if forwards else (new, old)
    for changed in range(len(STEPS) + 1):

        def choose(function: str, changed: int = changed) -> Release:
            return first if STEPS.index(function) < changed else then

        run_id = start(first, issuer, f"after-{changed}")
        assert play(world, run_id, then, choose) == "SUCCEEDED"
        assert_complete(world, run_id)


def test_every_other_page_is_written_by_the_other_release(
    world: World, issuer: Issuer, old: Release, new: Release
) -> None:
    turns = count()

    def choose(function: str) -> Release:
        return (old, new)[next(turns) % 2]

    run_id = start(old, issuer, "turns")
    assert play(world, run_id, new, choose) == "SUCCEEDED"
    assert_complete(world, run_id)


def test_a_machine_ends_on_the_functions_that_it_began_with(
    world: World, issuer: Issuer, old: Release, new: Release
) -> None:
    # In an account a version of the machine names versions of its functions. The new
    # release's sweep runs after each of their calls.
    def choose(function: str) -> Release:
        assert new.call("reconcile_runs", TICK)["repaired"] == []
        return old

    run_id = start(old, issuer, "old")
    assert play(world, run_id, old, choose) == "SUCCEEDED"
    assert_complete(world, run_id)


def test_the_old_sweep_leaves_the_new_release_s_runs_alone(
    world: World, issuer: Issuer, old: Release, new: Release
) -> None:
    def choose(function: str) -> Release:
        assert old.call("reconcile_runs", TICK)["repaired"] == []
        return new

    run_id = start(new, issuer, "new")
    assert play(world, run_id, new, choose) == "SUCCEEDED"
    assert_complete(world, run_id)
