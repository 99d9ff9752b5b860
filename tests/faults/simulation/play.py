"""Plays a history: acts, executions and faults, and judges what is left."""

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Any, Self
from unittest.mock import patch

from invoice_export.adapters import join_parts
from invoice_export.contracts.workflow import RunRef
from invoice_export.errors import ExportError
from tests.faults.injector import Died, Kind, refusal, silence
from tests.faults.invariants import violations
from tests.faults.laboratory import FUNCTIONS, Laboratory
from tests.faults.simulation import clock
from tests.faults.simulation.acts import ACTS, sweep, tell
from tests.faults.simulation.history import HOUR, Act, History
from tests.faults.simulation.scheduler import Scheduler

# A worker's step is shorter than that, so the clock may pass it while one works.
SHORT = 30
MOST_ROUNDS = 20


@dataclass
class Course:
    """What happened: (process, point, fault) in order, and what was violated."""

    trace: list[tuple[str, str, str]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    turns: int = 0

    @property
    def met(self) -> set[tuple[str, str]]:
        return {(point, fault) for _, point, fault in self.trace if fault}


class Simulation:
    """One history in a laboratory; directs its injector."""

    def __init__(self, lab: Laboratory, history: History) -> None:
        self.lab, self.history = lab, history
        self.course = Course()
        order = None if history.order is None else Random(history.order)
        self.scheduler = Scheduler(lab, order)
        self.scheduler.look_around = self._begin_executions
        self._left: dict[tuple[str, int], list[Kind]] = {}
        for fault in history.faults:
            key = fault.point, fault.occurrence
            self._left.setdefault(key, []).append(fault.kind)
        self._spoilt: set[tuple[str, int]] = set()
        self._driven: set[str] = set()
        self._entries = {act.point: 0 for act in history.acts}

    # What the injector asks.

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

    # The history.

    def run(self) -> Course:
        lab = self.lab
        for number, act in enumerate(self.history.acts):
            if act.do != "duplicate":
                self._spawn_act(f"{act.do} {number}", act)
        self.scheduler.run()
        self._settle()
        self.course.turns = self.scheduler.turn
        lab.injector.director = None
        self.course.violations = [*self.scheduler.crashes, *self._judge()]
        return self.course

    def _judge(self) -> Iterator[str]:
        """Judge each organisation's lane by itself, and the cap of one over all.

        Two starts at the same time may begin in another order than their rows say.
        """
        lab = self.lab
        lab.lane = replace(lab.lane, max_running=10)
        yield from violations(lab)
        if self.history.max_running == 1:
            times = lab.rows(
                "SELECT started_at, completed_at FROM exports"
                " WHERE started_at IS NOT NULL ORDER BY started_at"
            )
            for before, after in pairwise(times):
                if (before["completed_at"] or before["started_at"]) > after[
                    "started_at"
                ]:
                    yield "two runs ran at once under a cap of one"

    def _settle(self) -> None:
        """Sweep every hour until no fault is left and nothing changes any more."""
        fired = -1
        rounds = 0
        while fired != self.lab.injector.fired or rounds < 2:
            rounds += 1
            if rounds > MOST_ROUNDS:
                self.scheduler.crashes.append("the faults never end")
                return
            fired = self.lab.injector.fired
            clock.set_forward(self.lab.admin, HOUR)
            self._spawn("sweep", lambda: sweep(self.lab, Act("sweep")))
            self.scheduler.run()

    def _spawn_act(self, name: str, act: Act) -> None:
        def do() -> None:
            ACTS[act.do](self.lab, act)

        alone = act.do == "clock" and act.seconds > SHORT
        self._spawn(name, do, after=act.after, alone=alone)

    def _spawn(self, name: str, act: Callable[[], Any], **more: Any) -> None:
        self.scheduler.spawn(name, lambda: self._at_work(act), **more)

    def _at_work(self, act: Callable[[], Any]) -> Any:
        process = self.scheduler.current
        if process is None:
            return act()
        before, process.working = process.working, True
        try:
            return act()
        finally:
            process.working = before

    # Executions.

    def _begin_executions(self) -> None:
        for execution in self.lab.cloud.machine.executions:
            if execution.status == "RUNNING" and execution.name not in self._driven:
                self._driven.add(execution.name)
                name = f"execution {len(self._driven)}"
                self.scheduler.spawn(name, lambda e=execution: self._execute(e))

    def _execute(self, execution: Any) -> None:
        lab = self.lab
        lab.db = lab.idle.pop() if lab.idle else lab.new_database()
        lab.play(execution, self.invoke, self.pause)
        lab.idle.append(lab.db)
        ref = RunRef.model_validate_json(execution.execution_input)
        self._spawn("event", lambda: tell(self.lab, ref), after=5)

    def pause(self, error: str, seconds: float) -> None:
        """Let the time of a retry pass if the retry depends on it."""
        if error == "EmailOutcomePendingError":
            self.scheduler.wait_until_still()
            clock.set_forward(self.lab.admin, seconds)

    def invoke(self, function: str, label: str, payload: dict[str, Any]) -> Any:
        """Run a step, and once more if the history says that it runs twice."""
        self.scheduler.give_way()
        self._entries[label] = self._entries.get(label, 0) + 1
        for number, act in enumerate(self.history.acts):
            wanted = (act.do, act.point, act.run)
            if wanted == ("duplicate", label, self._entries[label]):
                self._duplicate(f"duplicate {number}", act, function, payload)
        return self._at_work(lambda: self.lab.invoke(function, label, payload))

    def _duplicate(
        self, name: str, act: Act, function: str, payload: dict[str, Any]
    ) -> None:
        copied = json.loads(json.dumps(payload))

        def run() -> Any:
            try:
                return FUNCTIONS[function](self.lab, copied)
            except ExportError:
                return None

        self._spawn(name, lambda: self.lab.act_as(act.point, run), after=act.after)


class _InTurn:
    """A pool of threads without threads."""

    def __init__(self, _: int) -> None:
        self.map = map

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


# More than any history has at once.
CONNECTIONS = 10


def _connect(lab: Laboratory) -> None:
    """Begin each history with as many living connections, whatever went before."""
    while len(lab.idle) < CONNECTIONS:
        lab.idle.append(lab.new_database())
    for surplus in lab.idle[CONNECTIONS:]:
        surplus.close()
    del lab.idle[CONNECTIONS:]
    for db in lab.idle:
        with db.system():
            pass


def play(lab: Laboratory, history: History) -> Course:
    """Play a history from its beginning; the same history has the same course."""
    lab.reset()
    clock.reset(lab.admin)
    lab.lane = replace(lab.lane, max_running=history.max_running)
    lab.pages = replace(lab.pages, min_rows=history.min_rows)
    lab.events = False
    _connect(lab)
    simulation = Simulation(lab, history)
    lab.injector.director = simulation
    try:
        with patch.object(join_parts, "ThreadPoolExecutor", _InTurn):
            return simulation.run()
    finally:
        lab.injector.director = None
