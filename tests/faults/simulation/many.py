"""Many histories in one process of the matrix's workers."""

from dataclasses import dataclass, field

from tests.faults.laboratory import Laboratory
from tests.faults.matrix import laboratory
from tests.faults.simulation import clock
from tests.faults.simulation.history import History, draw
from tests.faults.simulation.play import play

_labs: set[int] = set()


@dataclass
class Sum:
    """What many histories met and violated."""

    histories: int = 0
    faults: int = 0
    turns: int = 0
    met: set[tuple[str, str]] = field(default_factory=set)
    broken: list[tuple[History, list[str]]] = field(default_factory=list)


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
            total.broken.append((history, course.violations))
    return [total]
