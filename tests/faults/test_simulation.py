"""Seeded histories with several faults at once keep every invariant."""

import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults.injector import Fault, Injector, Kind
from tests.faults.machine import ROOT
from tests.faults.matrix import Workers
from tests.faults.mutants import MUTANTS
from tests.faults.simulation import draft
from tests.faults.simulation.history import HALF_DAY, NEARLY, Act, History
from tests.faults.simulation.many import Hunt, Sum, courses, hunt, run_seeds, twice
from tests.faults.simulation.scheduler import Scheduler

PAIRS = {(point, str(kind)) for point, kind in draft.PAIRS}
FIXED, MANY = 300, 10_000
# Pairs that the fixed histories met when this was written, less a few.
FLOOR = 175
START = Act("start", user="user_alice")
# For the failing path: mutants that few histories already show.
SHOWN = (
    "page without conditions",
    "only completions are announced",
    "sweep ignores unacknowledged starts",
)


def test_many_histories_keep_every_invariant(
    workers: Workers, everything: bool, figures: list[str]
) -> None:
    count = MANY if everything else FIXED
    began = time.monotonic()
    total = Sum()
    # The fixed histories first: they alone decide about the pairs that are met.
    fixed: set[tuple[str, str]] = set()
    for seeds in (list(range(FIXED)), list(range(FIXED, count))):
        for part in workers.share(run_seeds, seeds):
            total.histories += part.histories
            total.faults += part.faults
            total.turns += part.turns
            total.met |= part.met
            total.finds += part.finds
        fixed = fixed or total.met & PAIRS
    figures.append(
        f"simulation: {total.histories} histories, {total.faults} faults, {total.turns}"
        f" turns, {len(total.finds)} violations, {time.monotonic() - began:.0f} s;"
        f" pairs of point and fault: {len(fixed)} of {len(PAIRS)} in the first {FIXED},"
        f" {len(total.met & PAIRS)} in all"
    )
    assert not total.finds, "\n".join(map(str, total.finds))
    assert len(fixed) >= FLOOR


def test_a_seed_has_one_course(workers: Workers) -> None:
    for first, second in workers.share(twice, [9, 13, 61, 203]):
        assert first.trace == second.trace
        assert first.turns == second.turns


def test_a_process_that_goes_on_waits_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once, one that had to go on although it waited was looked upon for ever."""
    lab: Any = SimpleNamespace(injector=Injector(), db=None)
    scheduler = Scheduler(lab, None)
    monkeypatch.setattr(scheduler, "_is_stuck", lambda _: True)
    waited_for = []

    def act() -> None:
        process = scheduler.current
        assert process is not None
        process.waits_for = "a lock"
        scheduler.give_way()
        waited_for.append(process.waits_for)

    scheduler.spawn("alone", act)
    scheduler.run()
    assert waited_for == [None]


def test_a_retry_cancelled_in_the_queue_leaves_nothing(workers: Workers) -> None:
    """Seed 1126: the parts of the first attempt stayed, as the plan was forgotten."""
    acts = (
        Act("start", user="user_carol", request="settled"),
        Act("suppress", run=2),
        Act("cancel", after=22),
        Act("retry", after=13),
        Act("lose part", after=7),
        Act("deploy views", after=10, run=2),
        Act("renew workers", after=22),
        Act("start", after=4, user="user_carol"),
    )
    refused = Fault("Send Email: emails.record_outcome", Kind.DATABASE_ERROR, 1)
    history = History(1126, acts, (refused,), order=1624520228, min_rows=2)
    (course,) = workers.share(courses, [history])
    assert course.violations == []


def test_a_redrive_goes_on_where_the_execution_ended(workers: Workers) -> None:
    stopped = Fault("Compose File: create_multipart_upload", Kind.STOPPED, 1)
    # Nobody tells of the end, or the run would fail before somebody redrives it.
    acts = (START, Act("lose event", run=1), Act("redrive", after=99))
    history = History(0, acts, (stopped,), order=None)
    (course,) = workers.share(courses, [history])
    assert course.violations == []
    by_second = [point for who, point, _ in course.trace if who == "execution 2"]
    assert by_second[0] == "Send Email: emails.claim"
    assert by_second[-1] == "Finish Run: events.insert"


def test_the_same_request_makes_a_run_on_each_side_of_midnight(
    workers: Workers,
) -> None:
    again = replace(START, after=11)
    acts = (START, Act("clock", after=10, seconds=NEARLY), again)
    history = History(0, acts, order=None, to_midnight=NEARLY)
    at_noon = replace(history, to_midnight=HALF_DAY)
    for course, runs in zip(
        workers.share(courses, [history, at_noon]), (2, 1), strict=True
    ):
        assert course.violations == []
        points = [point for _, point, _ in course.trace]
        assert points.count("Plan Pages: plans.freeze") == runs


def test_a_violation_is_found_shrunk_and_replayed(
    workers: Workers, figures: list[str]
) -> None:
    for found in workers.share(hunt, [(name, 300, 20) for name in SHOWN]):
        assert found.find is not None, found.mutant
        figures.append(_told(found))
        assert set(found.again) & set(found.find.violations)
        assert _size(found.find.shrunk) < _size(found.find.history)


def test_the_command_replays_what_was_found(workers: Workers) -> None:
    name = SHOWN[2]
    (found,) = workers.share(hunt, [(name, 300, 40)])
    assert found.find is not None
    history = found.find.shrunk.dump()
    said = _replay("--history", history, "--mutant", name)
    assert said.returncode == 1, said.stderr
    for violation in found.find.shrunk_violations:
        assert violation in said.stdout
    assert _replay("--history", history).returncode == 0


def _replay(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What `make replay` runs."""
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.simulation", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def _size(history: History) -> int:
    return len(history.acts) + len(history.faults)


def test_the_simulation_alone_notices_every_mutant(
    workers: Workers, everything: bool, figures: list[str]
) -> None:
    if not everything:
        pytest.skip("only `make faults` hunts for every mutant: it takes too long")
    hunts = workers.share(hunt, [(mutant.name, 1000, 0) for mutant in MUTANTS])
    figures += [_told(found) for found in hunts]
    assert [found.mutant for found in hunts if found.find is None] == []


def _told(found: Hunt) -> str:
    what = found.find.violations[0] if found.find else "SURVIVED"
    return f"  {found.mutant:<56} {what} [{found.histories}]"
