"""Starts, cancellations, retries and reads at the same time have an order."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from tests.e2e.conftest import Stack, Tenant
from tests.e2e.faults.holds import superuser
from tests.histories.checker import Call, contradiction_in
from tests.histories.lane import LaneModel
from tests.histories.recorder import Recorder

# Fewer organisations than may run at once, so that no lane waits for the cap.
ORGANISATIONS, PEOPLE, CALLS = 3, 4, 20
PATIENCE_SECONDS = 120
KEYS = ("", "one", "two")
# One member does not wait for their first answers. Each call without an answer may take
# effect at any later time, which doubles what the checker has to keep.
IMPATIENT_SECONDS, IMPATIENT_CALLS = 0.004, 2


def test_concurrent_calls_have_an_order(
    make_tenant: Callable[..., Tenant],
    running_stack: Stack,
    everything: bool,
    figures: list[str],
) -> None:
    day, seed = datetime.now(UTC).date(), random.randrange(10**6)
    calls, unknown = 0, 0
    for round_ in range(12 if everything else 1):
        wait_until_nothing_runs(running_stack)
        tenants = [
            make_tenant(invoices=40, roles=("owner", *["member"] * (PEOPLE - 1)))
            for _ in range(ORGANISATIONS)
        ]
        with ThreadPoolExecutor(ORGANISATIONS) as threads:
            seeds = [f"{seed}.{round_}.{place}" for place in range(ORGANISATIONS)]
            histories = list(threads.map(history_of, tenants, seeds))
        if datetime.now(UTC).date() != day:
            pytest.skip("at midnight a request without a key becomes another one")
        for name, history in zip(seeds, histories, strict=True):
            found = contradiction_in(history, LaneModel())
            assert found is None, f"seed {name}: {found}"
            for what, broken in broken_versions(history):
                assert contradiction_in(broken, LaneModel()), f"not noticed: {what}"
            calls += len(history)
            unknown += sum(call.ended is None for call in history)
    figures.append(
        f"histories: {calls} calls, {unknown} of them without an answer, all in order"
    )


def history_of(tenant: Tenant, seed: str) -> list[Call]:
    """Let everybody act at once, then watch until all runs have ended."""
    recorder = Recorder(tenant.path)
    for user in tenant.users:
        # Threads share a user's client.
        tenant.http(user)
    with ThreadPoolExecutor(PEOPLE) as threads:
        for acting in [
            threads.submit(act, tenant, recorder, user, random.Random(f"{seed}.{user}"))
            for user in range(PEOPLE)
        ]:
            acting.result()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        recorder.list(tenant.http())
        last = recorder.calls[-1]
        if last.answer and not any(
            status in {"queued", "running"} for _, status, *_ in last.answer
        ):
            return recorder.calls
        time.sleep(0.2)
    raise AssertionError(f"still under way: {recorder.calls[-1]}")


def act(tenant: Tenant, recorder: Recorder, place: int, chance: random.Random) -> None:
    """Do at random what a page lets a member and the owner do."""
    owner, user = tenant.http(), tenant.users[place]
    me = tenant.http(user)
    for step in range(CALLS):
        kind = chance.choices(
            ["start", "cancel", "retry", "show", "list"], [30, 12, 12, 36, 10]
        )[0]
        known = list(recorder.ids)
        if kind == "start" or not known:
            hasty = place == PEOPLE - 1 and step < IMPATIENT_CALLS
            patience = IMPATIENT_SECONDS if hasty else 180
            recorder.start(
                me, user, chance.choice(KEYS), timeout=httpx.Timeout(180, read=patience)
            )
        elif kind == "list":
            recorder.list(me)
        elif kind == "show":
            recorder.show(me, chance.choice(known))
        elif kind == "cancel":
            recorder.cancel(owner, chance.choice(known))
        else:
            recorder.retry(owner, chance.choice(known))


def broken_versions(history: list[Call]) -> Iterator[tuple[str, list[Call]]]:
    """Yield the history with an answer that a broken lane could give."""
    for place, call in enumerate(history):
        if call.name == "start" and call.answer and call.answer[2]:
            wrong = ("another id", *call.answer[1:])
            yield "a known request got a new run", altered(history, place, wrong)
            break
    for place, call in enumerate(history):
        if call.name != "list" or not call.answer:
            continue
        running = [run for run in call.answer if run[1] == "running"]
        others = call.answer.difference(running)
        if running and others:
            id_, _, attempt, _ = min(others)
            two = {*call.answer} - {min(others)} | {(id_, "running", attempt, None)}
            yield "two runs at once", altered(history, place, frozenset(two))
            break
    place = max(range(len(history)), key=lambda n: history[n].began)
    kept = sorted(history[place].answer)[1:]
    yield "a run was lost", altered(history, place, frozenset(kept))


def altered(history: list[Call], place: int, answer: object) -> list[Call]:
    changed = replace(history[place], answer=answer)
    return [*history[:place], changed, *history[place + 1 :]]


def wait_until_nothing_runs(stack: Stack) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    with superuser(stack.laptop) as admin:
        while time.monotonic() < deadline:
            row = admin.execute(
                "SELECT count(*) FROM exports WHERE status IN ('queued', 'running')"
            ).fetchone()
            if row == (0,):
                return
            time.sleep(0.2)
    raise AssertionError("runs of other tests are still under way")
