"""A thousand runs, each with one fault, and the promise kept in all of them."""

import time
from collections import Counter

from tests.faults.injector import Kind
from tests.faults.matrix import Case, Workers, cases_of
from tests.faults.points import POINTS
from tests.faults.scenarios import SCENARIOS


def test_every_fault_at_every_point_keeps_every_invariant(
    workers: Workers, figures: list[str]
) -> None:
    began = time.monotonic()
    dry = workers.run([Case(name, None) for name in SCENARIOS])
    assert [str(outcome) for outcome in dry if outcome.violations] == []
    outcomes = workers.run(list(cases_of(dry)))
    fired = [outcome for outcome in outcomes if outcome.fired]
    by_kind = Counter(o.case.fault.kind for o in fired if o.case.fault)
    reached = {o.case.fault.point for o in fired if o.case.fault}
    broken = [str(outcome) for outcome in outcomes if outcome.violations]
    figures.append(
        f"matrix: {len(outcomes)} runs, {sum(o.fired for o in fired)} faults fired"
        f" at {len(reached)} points, {len(broken)} violations,"
        f" {time.monotonic() - began:.0f} s"
    )
    figures += [f"  {kind.value:<40} {by_kind[kind]:>5} runs" for kind in Kind]
    assert broken == []
    assert reached == POINTS
    assert len(fired) >= 1000
