"""Many histories, one after another, in a worker process of the matrix."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.laboratory import Laboratory
from tests.faults.matrix import laboratory
from tests.faults.mutants import applied
from tests.faults.simulation import clock
from tests.faults.simulation.director import Course
from tests.faults.simulation.draw import draw
from tests.faults.simulation.history import History
from tests.faults.simulation.play import play
from tests.faults.simulation.shrink import MOST_RUNS, shrink

# Neighbouring seeds aim at neighbouring points; in steps of this prime each comes once.
STRIDE = 101

_labs: set[int] = set()


@dataclass(frozen=True)
class Find:
    """A history that violates something, as drawn and shrunk."""

    history: History
    violations: list[str]
    shrunk: History
    shrunk_violations: list[str]

    def __str__(self) -> str:
        return (
            f"seed {self.history.seed}: {'; '.join(self.violations)}\n"
            f"  shrunk to: {'; '.join(self.shrunk_violations)}\n"
            f"  make replay HISTORY={shlex.quote(self.shrunk.dump())}"
        )


@dataclass
class Sum:
    """What many histories met and violated."""

    histories: int = 0
    faults: int = 0
    turns: int = 0
    met: set[tuple[str, str]] = field(default_factory=set)
    finds: list[Find] = field(default_factory=list)


def simulator(urls: tuple[str, str]) -> Laboratory:
    """Return this process's laboratory, with a clock of its own."""
    lab = laboratory(*urls)
    if id(lab) not in _labs:
        clock.install(lab.admin)
        _labs.add(id(lab))
    return lab


def run_seeds(urls: tuple[str, str], seeds: list[int]) -> list[Sum]:
    lab = simulator(urls)
    total = Sum()
    for seed in seeds:
        history = draw(seed)
        course = play(lab, history)
        total.histories += 1
        total.faults += sum(bool(fault) for _, _, fault in course.trace)
        total.turns += course.turns
        total.met |= course.met
        if course.violations:
            total.finds.append(find(lab, history, course))
    return [total]


def find(
    lab: Laboratory, history: History, course: Course, most: int = MOST_RUNS
) -> Find:
    """Shrink a history that violates something to one that violates the same."""
    wrong = set(course.violations)

    def still_wrong(smaller: History) -> bool:
        return bool(wrong.intersection(play(lab, smaller).violations))

    shrunk = shrink(history, still_wrong, most)
    return Find(history, course.violations, shrunk, play(lab, shrunk).violations)


def courses(urls: tuple[str, str], histories: list[History]) -> list[Course]:
    """Play these histories."""
    lab = simulator(urls)
    return [play(lab, history) for history in histories]


def twice(urls: tuple[str, str], seeds: list[int]) -> list[tuple[Course, Course]]:
    """Play each seed's history twice, with another in between."""
    lab = simulator(urls)
    found = []
    for seed in seeds:
        first = play(lab, draw(seed))
        play(lab, draw(seed + 1))
        found.append((first, play(lab, draw(seed))))
    return found


@dataclass(frozen=True)
class Hunt:
    """A mutant, and the first history that showed it."""

    mutant: str
    histories: int
    find: Find | None
    # What the shrunk history violates when it is played again, from its JSON.
    again: list[str]


def hunt(urls: tuple[str, str], mutants: list[tuple[str, int, int]]) -> list[Hunt]:
    """Play histories on each mutant (its name, how many, how often to shrink)."""
    return [_hunt(simulator(urls), *each) for each in mutants]


def _hunt(lab: Laboratory, mutant: str, most: int, shrinks: int) -> Hunt:
    with _kept_modules(), applied(mutant, lab):
        for number in range(most):
            seed = number * STRIDE % most
            course = play(lab, draw(seed))
            if course.is_seen:
                found = find(lab, draw(seed), course, shrinks)
                again = play(lab, History.load(found.shrunk.dump())).violations
                return Hunt(mutant, number + 1, found, again)
    return Hunt(mutant, most, None, [])


@contextmanager
def _kept_modules() -> Iterator[None]:
    """Restore the product's modules: interleaved patches of a mutant may not."""
    modules = [
        (module, dict(vars(module)))
        for name, module in sys.modules.items()
        if name.startswith("invoice_export.")
    ]
    try:
        yield
    finally:
        for module, before in modules:
            vars(module).update(before)
