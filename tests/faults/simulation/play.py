"""Plays a history: acts, executions and faults, and judges what is left."""

import json
from collections.abc import Callable
from typing import Any, Self
from unittest.mock import patch

from invoice_export.adapters import join_parts
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.errors import ExportError
from invoice_export.store.database import Database
from tests.faults.laboratory import FUNCTIONS, Laboratory
from tests.faults.simulation import clock
from tests.faults.simulation.acts import ACTS, sweep, tell
from tests.faults.simulation.director import Course, Director
from tests.faults.simulation.eyes import judge
from tests.faults.simulation.history import HOUR, Act, History
from tests.faults.simulation.scheduler import poll
from tests.faults.simulation.surroundings import BEFORE, renew_workers

# A worker's step is shorter than that, so the clock may pass it while one works.
SHORT = 30
MOST_ROUNDS = 20
# What is looked up when a step begins or an execution ends.
LATER = ("duplicate", "lose event")
DEPLOYING = ("deploy views", "renew workers")


class Simulation(Director):
    """One history in a laboratory."""

    def __init__(self, lab: Laboratory, history: History) -> None:
        super().__init__(lab, history)
        self.scheduler.look_around = self._begin_executions
        self._driven: list[str] = []
        self._begun = 0
        self._entries = {act.point: 0 for act in history.acts}

    def run(self) -> Course:
        lab = self.lab
        for number, act in enumerate(self.history.acts):
            if act.do in BEFORE:
                BEFORE[act.do](lab)
            elif act.do not in LATER:
                self._spawn_act(f"{act.do} {number}", act)
        self.scheduler.run()
        self._settle()
        self.course.turns = self.scheduler.turn
        lab.injector.director = None
        self.course.violations = [
            *self.scheduler.crashes,
            *judge(lab, self.history),
        ]
        return self.course

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
            if act.do == "renew workers":
                renew_workers(self.lab, self.scheduler.databases())
            else:
                ACTS[act.do](self.lab, act)

        alone = act.seconds > SHORT or act.do in DEPLOYING
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
                self._driven.append(execution.name)
                self._begun += 1
                name = f"execution {self._begun}"
                self.scheduler.spawn(name, lambda e=execution: self._execute(e))

    def _execute(self, execution: Any) -> None:
        lab = self.lab
        lab.db = lab.idle.pop() if lab.idle else lab.new_database()
        lab.play(execution, self.invoke, self.pause)
        lab.idle.append(lab.db)
        self._driven.remove(execution.name)
        ref = RunRef.parse_json(execution.execution_input)
        lost = (act.run for act in self.history.acts if act.do == "lose event")
        if len(lab.endings) not in lost:
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
        if not _lives(db):
            with db.system():
                pass


def _lives(db: Database) -> bool:
    """Return whether it has a connection, and the server has said nothing of an end."""
    connection = db._connection
    return connection is not None and not (connection.closed or poll(connection, 1, 0))


def play(lab: Laboratory, history: History) -> Course:
    """Play a history from its beginning; the same history has the same course."""
    lab.reset()
    clock.reset(lab.admin, history.to_midnight)
    lab.lane = lab.lane._replace(max_running=history.max_running)
    lab.pages = lab.pages._replace(min_rows=history.min_rows)
    lab.events = False
    _connect(lab)
    simulation = Simulation(lab, history)
    lab.injector.director = simulation
    try:
        with patch.object(join_parts, "ThreadPoolExecutor", _InTurn):
            return simulation.run()
    finally:
        lab.injector.director = None
