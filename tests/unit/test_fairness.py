"""The load test finds who waited longer than those before them explain."""

from datetime import UTC, datetime, timedelta

from benchmarks.load.fairness import Stay, unfair, waits

ZERO = datetime(2026, 1, 1, tzinfo=UTC)


def stay(name: str, queued: float, started: float, ended: float) -> Stay:
    return Stay(name, *(ZERO + timedelta(seconds=s) for s in (queued, started, ended)))


# Two places, and each run takes two seconds.
FAIR = [
    stay("a", 0, 0, 2),
    stay("b", 0.1, 0.1, 2.1),
    stay("c", 0.2, 2, 4),
    stay("d", 0.3, 2.1, 4.1),
]


def test_wait_is_explained_by_the_work_of_those_before():
    found = waits(FAIR, places=2)
    assert [wait.before for wait in found] == [0, 1, 2, 3]
    assert [round(wait.explained, 2) for wait in found] == [0, 0, 1.8, 1.8]
    assert unfair(found, at_once=0) == []


def test_wait_without_anybody_before_is_unfair():
    lonely = stay("e", 10, 15, 17)
    (told,) = unfair(waits([*FAIR, lonely], places=2), at_once=0)
    assert told.startswith("e waited 5.0 s behind 0 runs")


def test_overtaken_run_is_unfair_unless_so_many_may_commit_at_once():
    overtaken = [*FAIR[:2], stay("c", 0.2, 2.1, 4), stay("d", 0.3, 2, 4)]
    assert len(unfair(waits(overtaken, places=2), at_once=0)) == 1
    assert unfair(waits(overtaken, places=2), at_once=1) == []


def test_runs_that_had_ended_explain_nothing():
    late = stay("e", 5, 5, 7)
    assert waits([*FAIR, late], places=2)[-1].before == 0
