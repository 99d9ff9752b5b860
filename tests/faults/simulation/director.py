"""Directs the faults of a history: what each effect does, and who goes on after it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.faults.injector import Died, Kind, refusal, silence
from tests.faults.laboratory import Laboratory
from tests.faults.simulation.history import History
from tests.faults.simulation.scheduler import CRASHED, Scheduler


@dataclass
class Course:
    """What happened: (process, point, fault) in order, and what was violated."""

    trace: list[tuple[str, str, str]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    turns: int = 0

    @property
    def is_seen(self) -> bool:
        """Whether an invariant noticed something; a crash is no invariant."""
        return any(CRASHED not in each for each in self.violations)

    @property
    def met(self) -> set[tuple[str, str]]:
        return {(point, fault) for _, point, fault in self.trace if fault}


class Director:
    """Answers the laboratory's injector, which asks it at every effect."""

    def __init__(self, lab: Laboratory, history: History) -> None:
        self.lab, self.history = lab, history
        self.course = Course()
        order = None if history.order is None else Random(history.order)
        self.scheduler = Scheduler(lab, order)
        self._left: dict[tuple[str, int], list[Kind]] = {}
        for fault in history.faults:
            key = fault.point, fault.occurrence
            self._left.setdefault(key, []).append(fault.kind)
        self._spoilt: set[tuple[str, int]] = set()

    def effect(self, point: str, name: str, act: Callable[[], Any]) -> Any:
        injector = self.lab.injector
        self.scheduler.give_way()
        if injector.dead:
            raise Died
        injector.seen[point] += 1
        kinds = self._left.pop((point, injector.seen[point]), None)
        if (point, injector.visit) in self._spoilt:
            kinds = [Kind.EXHAUSTED]
        if not kinds:
            self._note(point)
            answer = act()
            self.scheduler.give_way()
            return answer
        injector.fired += 1
        self._note(point, kinds[0])
        return self._fire(kinds[0], point, name, act)

    def _fire(self, kind: Kind, point: str, name: str, act: Callable[[], Any]) -> Any:
        injector = self.lab.injector
        if kind is Kind.DIES_BEFORE:
            injector.dead = True
            raise Died
        if kind is Kind.EXHAUSTED:
            self._spoilt.add((point, injector.visit))
        if kind in (Kind.REFUSED, Kind.DATABASE_ERROR, Kind.EXHAUSTED):
            raise refusal(name)
        if kind is Kind.STOPPED:
            injector.stop()
            return act()
        act()
        self.scheduler.give_way()
        if kind is Kind.DIES_AFTER:
            injector.dead = True
            raise Died
        raise silence(name)

    def begin(self) -> None:
        self.scheduler.give_way()

    def wait(self, connection: Any, steps: Generator[Any, Any, Any]) -> Any:
        if self.history.fine:
            self.scheduler.give_way()
        return self.scheduler.wait(connection, steps)

    def close(self, connection: Any) -> None:
        self.scheduler.close(connection)

    def _note(self, point: str, fault: str = "") -> None:
        process = self.scheduler.current
        name = process.name if process else "settling"
        self.scheduler.effects += 1
        self.course.trace.append((name, point, str(fault)))
