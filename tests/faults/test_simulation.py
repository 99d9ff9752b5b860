"""Seeded histories with several faults at once keep every invariant."""

import subprocess
import sys
import time
from itertools import product

import pytest

from tests.faults.injector import kinds_for
from tests.faults.machine import ROOT
from tests.faults.matrix import Workers
from tests.faults.mutants import MUTANTS
from tests.faults.points import POINTS
from tests.faults.simulation.history import History
from tests.faults.simulation.many import Hunt, Sum, hunt, run_seeds, twice

PAIRS = {
    (p, str(kind)) for point in POINTS for p, kind in product([point], kinds_for(point))
}
FIXED, MANY = 300, 10_000
# Pairs that the fixed histories met when this was written, less a few.
FLOOR = 175
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
