"""A thousand runs with one fault each; every run keeps the invariants."""

import time
from collections import Counter
from itertools import product

import pytest

from tests.faults.injector import Kind, kinds_for
from tests.faults.matrix import Case, Outcome, Workers, cases_of, once_each
from tests.faults.points import POINTS
from tests.faults.scenarios import SCENARIOS


@pytest.fixture(scope="module")
def cases(workers: Workers) -> list[tuple[Case, bool]]:
    """All cases; the flag marks the first with its point and kind."""
    dry = workers.run([Case(name) for name in SCENARIOS])
    assert [str(outcome) for outcome in dry if outcome.violations] == []
    return list(once_each(cases_of(dry)))


def run(what: str, workers: Workers, cases: list[Case], figures: list[str]) -> Counter:
    """Run the cases and count the faults that fired, by point and kind."""
    began = time.monotonic()
    outcomes: list[Outcome] = workers.run(cases)
    fired = Counter(
        (o.case.fault.point, o.case.fault.kind)
        for o in outcomes
        if o.fired and o.case.fault
    )
    broken = [str(outcome) for outcome in outcomes if outcome.violations]
    figures.append(
        f"matrix, {what}: {len(outcomes)} runs, {sum(o.fired for o in outcomes)} faults"
        f" fired at {len({point for point, _ in fired})} points, {len(broken)}"
        f" violations, {time.monotonic() - began:.0f} s"
    )
    by_kind: Counter[Kind] = Counter()
    for (_, kind), count in fired.items():
        by_kind[kind] += count
    figures += [f"  {kind.value:<40} {by_kind[kind]:>5} runs" for kind in Kind]
    assert broken == []
    return fired


def test_every_kind_of_fault_at_every_point_keeps_every_invariant(
    workers: Workers, cases: list[tuple[Case, bool]], figures: list[str]
) -> None:
    fired = run("once each", workers, [c for c, first in cases if first], figures)
    assert {point for point, _ in fired} == POINTS
    assert set(fired) == {pair for p in POINTS for pair in product([p], kinds_for(p))}


@pytest.mark.long
def test_every_other_scenario_and_occurrence_keeps_every_invariant(
    workers: Workers, cases: list[tuple[Case, bool]], figures: list[str]
) -> None:
    fired = run("the rest", workers, [c for c, first in cases if not first], figures)
    assert fired.total() + sum(first for _, first in cases) >= 1000
