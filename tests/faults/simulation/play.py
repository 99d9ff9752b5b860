"""Plays a history: acts, executions and faults, and judges what is left."""

import json
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Self
from unittest.mock import patch

from invoice_export.adapters import join_parts
from invoice_export.contracts.events import EmailEvent
from invoice_export.contracts.workflow import RunRef
from invoice_export.errors import DatasetChangedError, ExportError
from invoice_export.steps.record_email_events import record_email_event
from tests.faults.injector import Died, Kind, refusal, silence
from tests.faults.invariants import violations
from tests.faults.laboratory import FUNCTIONS, Laboratory
from tests.faults.scenarios import LATE_INVOICE
from tests.faults.simulation import clock
from tests.faults.simulation.eyes import passing_faults
from tests.faults.simulation.history import DAY, HOUR, REQUESTS, Act, History
from tests.faults.simulation.scheduler import Scheduler
from tests.faults.simulation.surroundings import (
    BEFORE,
    deploy_views,
    read_all,
    renew_workers,
)

# As deployed: younger trouble is left alone.
STALE_SECONDS = 1800
# Step Functions ends an execution after this time.
LONGEST_EXECUTION = 6 * HOUR
PARTS_LAPSE = 3 * DAY
# A worker's step is shorter than that, so the clock may pass it while one works.
SHORT = 30
MOST_ROUNDS = 20
DEPLOYING = ("deploy views", "renew workers")
CRASHED = " crashed: "


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
        self._ended: list[RunRef] = []

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
            if act.do in BEFORE:
                BEFORE[act.do](lab)
            elif act.do != "duplicate":
                self._spawn_act(f"{act.do} {number}", act)
        self.scheduler.run()
        self._settle()
        self.course.turns = self.scheduler.turn
        lab.injector.director = None
        read_all(lab)
        self.course.violations = [
            *self.scheduler.crashes,
            *violations(lab),
            *passing_faults(lab, self.history),
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
            self._spawn("sweep", self._sweep)
            self.scheduler.run()

    def _spawn_act(self, name: str, act: Act) -> None:
        def do() -> None:
            ACTS[act.do](self, act)

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
                self._driven.add(execution.name)
                name = f"execution {len(self._driven)}"
                self.scheduler.spawn(name, lambda e=execution: self._execute(e))

    def _execute(self, execution: Any) -> None:
        lab = self.lab
        lab.db = lab.idle.pop() if lab.idle else lab.new_database()
        lab.play(execution, self.invoke, self.pause)
        lab.idle.append(lab.db)
        ref = RunRef.model_validate_json(execution.execution_input)
        self._ended.append(ref)
        self._spawn("event", lambda: self.tell(ref), after=5)

    def pause(self, error: str, seconds: float) -> None:
        """Let the time of a retry pass if the retry depends on it."""
        if error == "EmailOutcomePendingError":
            self.scheduler.wait_until_still()
            clock.set_forward(self.lab.admin, seconds)

    def tell(self, ref: RunRef) -> None:
        """Report an execution's end, as EventBridge does."""
        lab = self.lab
        lab.act_as("event", lambda: lab.sweep_runs(ref, stale_seconds=STALE_SECONDS))

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

    # Acts.

    def _sweep(self) -> None:
        lab = self.lab
        lab.act_as("sweep", lambda: lab.sweep_runs(stale_seconds=STALE_SECONDS))

    def some_run(self, number: int) -> dict[str, Any] | None:
        runs = self.lab.rows("SELECT * FROM exports ORDER BY requested_at, id")
        return runs[number % len(runs)] if runs else None

    def sweep(self, _: Act) -> None:
        self._sweep()

    def start(self, act: Act) -> None:
        self.lab.click(act.user, key=act.key, options=REQUESTS[act.request])

    def cancel(self, act: Act) -> None:
        if run := self.some_run(act.run):
            self.lab.cancel(run["id"], run["requested_by"])

    def retry(self, act: Act) -> None:
        if run := self.some_run(act.run):
            self.lab.retry(run["id"], run["requested_by"])

    def event(self, act: Act) -> None:
        if self._ended:
            self.tell(self._ended[act.run % len(self._ended)])

    def estimate(self, act: Act) -> None:
        def ask() -> None:
            # In the middle of a deployment there is no answer.
            with suppress(DatasetChangedError):
                self.lab.estimate(act.user, REQUESTS[act.request])

        self.lab.act_as("estimate", ask)

    def deploy_views(self, _: Act) -> None:
        deploy_views(self.lab)

    def renew_workers(self, _: Act) -> None:
        renew_workers(self.lab, self.scheduler)

    def late_row(self, _: Act) -> None:
        self.lab.rows(LATE_INVOICE)

    def lose_part(self, act: Act) -> None:
        keys = self.lab.cloud.bucket.keys
        if run := self.some_run(act.run):
            for key in [
                k for k in keys if k.startswith("parts/") and str(run["id"]) in k
            ][:1]:
                del keys[key]

    def restart(self, _: Act) -> None:
        """PostgreSQL ends every connection of the workers."""
        self.lab.rows(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = 'invoice_export_app'"
        )

    def clock(self, act: Act) -> None:
        lab = self.lab
        clock.set_forward(lab.admin, act.seconds)
        if act.seconds > LONGEST_EXECUTION:
            for execution in lab.cloud.machine.executions:
                if execution.status == "RUNNING":
                    execution.status = "TIMED_OUT"
        if act.seconds > PARTS_LAPSE:
            for key in [k for k in lab.cloud.bucket.keys if k.startswith("parts/")]:
                del lab.cloud.bucket.keys[key]
            lab.cloud.bucket.multiparts.clear()

    def mail_event(self, act: Act) -> None:
        sent = self.lab.cloud.ses.sent_messages
        if not sent:
            return
        mail = sent[act.run % len(sent)]
        row = self.lab.rows(
            "SELECT d.* FROM email_deliveries d WHERE position(run_id::text IN %s) > 0"
            " AND (kind = 'completed') = %s",
            mail.body,
            "is ready" in mail.subject,
        )
        if not row:
            return
        told: dict[str, Any] = {
            "eventType": act.point,
            "mail": {
                "messageId": "m-1",
                "tags": {
                    "run_id": [str(row[0]["run_id"])],
                    "delivery_id": [str(row[0]["id"])],
                },
            },
        }
        event = EmailEvent.parse(json.dumps(told))
        self.lab.act_as(
            "mail event",
            lambda: record_email_event(self.lab.db, event, soft_bounces=3),
        )


ACTS: dict[str, Callable[[Simulation, Act], None]] = {
    "start": Simulation.start,
    "cancel": Simulation.cancel,
    "retry": Simulation.retry,
    "sweep": Simulation.sweep,
    "event": Simulation.event,
    "estimate": Simulation.estimate,
    "deploy views": Simulation.deploy_views,
    "renew workers": Simulation.renew_workers,
    "late row": Simulation.late_row,
    "lose part": Simulation.lose_part,
    "restart": Simulation.restart,
    "clock": Simulation.clock,
    "mail event": Simulation.mail_event,
}


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
