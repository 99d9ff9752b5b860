"""Processes as greenlets of one thread; the seed chooses which goes on.

A process gives way before and after each effect and at each BEGIN. One that waits for
another's row lock gives way until the lock is free. PostgreSQL says who waits for whom,
so what happens does not depend on how fast the machine is, unless several wait for one
row: PostgreSQL chooses among them.
"""

import select
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from greenlet import getcurrent, greenlet
from psycopg import OperationalError
from psycopg.pq import TransactionStatus

from invoice_export.store.database import Database
from tests.faults.laboratory import Laboratory

# A statement that takes longer may wait for a lock: PostgreSQL is asked.
SUSPICIOUS_MS = 3
# No history has taken a tenth of it.
TOO_MANY_TURNS = 20_000
# In what it says of a process that crashed.
CRASHED = " crashed: "


@dataclass(eq=False)
class Process:
    """One process, and all that the laboratory knows of the one that acts."""

    name: str
    thread: greenlet
    # The number of effects after which it begins, unless nothing else can go on.
    begins: int
    # It begins only when no other process is at work.
    alone: bool = False
    working: bool = False
    begun: bool = False
    waits_for: Any = None
    context: dict[str, Any] = field(default_factory=dict)


class Scheduler:
    """Runs processes in an order that follows from the random numbers."""

    def __init__(self, lab: Laboratory, order: Random | None) -> None:
        """Without ``order`` each process runs to its end before the next begins."""
        self._lab, self._order = lab, order
        self._processes: list[Process] = []
        self._main = getcurrent()
        self.turn = 0
        self.effects = 0
        self.crashes: list[str] = []
        # Called before each turn.
        self.look_around: Callable[[], None] = lambda: None

    @property
    def current(self) -> Process | None:
        here = getcurrent()
        return next((p for p in self._processes if p.thread is here), None)

    def databases(self) -> list[Database]:
        """Return the connections of all processes."""
        return [process.context["db"] for process in self._processes]

    def spawn(
        self, name: str, act: Callable[[], Any], *, after: int = 0, alone: bool = False
    ) -> None:
        """Add a process that begins some effects from now."""
        thread = greenlet(act, parent=self._main)
        context = {"db": self._lab.db, "label": "", "visit": 0, "dead": False}
        self._processes.append(
            Process(name, thread, self.effects + after, alone, context=context)
        )

    def give_way(self) -> None:
        """Let others go on; outside of a process, do nothing."""
        if getcurrent() is not self._main:
            self._main.switch()

    def wait_until_still(self) -> None:
        """Go on when no other process is at work, so that time may pass."""
        process = self.current
        if process is not None:
            process.alone, process.begun = True, False
            self.give_way()

    def run(self) -> None:
        """Run until no process is left."""
        while True:
            self.look_around()
            if not self._processes:
                return
            self.turn += 1
            if self.turn > TOO_MANY_TURNS:
                raise RuntimeError("the history does not end")
            self._go_on(self._next())

    def _next(self) -> Process:
        for process in self._processes:
            if process.waits_for is not None and not self._is_stuck(process.waits_for):
                process.waits_for = None
        able = [p for p in self._processes if p.waits_for is None]
        still = not any(p.working for p in self._processes)
        due = [p for p in able if p.begun or p.begins <= self.effects]
        going = [p for p in due if p.begun or still or not p.alone]
        if not going:
            # Nobody else can: the first that has not begun, or a deadlock's first.
            waiting = [p for p in able if not p.alone or still] or self._processes
            going = [min(waiting, key=lambda p: p.begins)]
        if self._order is None:
            return going[0]
        return self._order.choice(going)

    def _go_on(self, process: Process) -> None:
        injector, lab = self._lab.injector, self._lab
        main = lab.db, injector.label, injector.visit, injector.dead, injector.stop
        own = process.context
        lab.db = own["db"]
        injector.label, injector.visit = own["label"], own["visit"]
        injector.dead = own["dead"]
        injector.stop = own.get("stop", injector.stop)
        process.begun = True
        # It may be chosen although it waits: it looks again whether it has to.
        process.waits_for = None
        try:
            process.thread.switch()
        except Exception as exc:  # noqa: BLE001 - a process that crashes is a violation
            self.crashes.append(f"{process.name}{CRASHED}{type(exc).__name__}: {exc}")
        own |= {"db": lab.db, "label": injector.label, "visit": injector.visit}
        own |= {"dead": injector.dead, "stop": injector.stop}
        lab.db, injector.label, injector.visit, injector.dead, injector.stop = main
        if process.thread.dead:
            self._processes.remove(process)

    def wait(self, connection: Any, steps: Generator[Any, Any, Any]) -> Any:
        """Take psycopg's steps; let others go on while a lock is not free."""
        try:
            wanted = next(steps)
            while True:
                ready = poll(connection, wanted, SUSPICIOUS_MS)
                if not ready:
                    process = self.current
                    if process is not None and self._is_stuck(connection):
                        process.waits_for = connection
                        self.give_way()
                    continue
                wanted = steps.send(ready)
        except StopIteration as end:
            return end.value

    def _is_stuck(self, connection: Any) -> bool:
        """Return whether it waits for a lock, as soon as that is certain."""
        while not poll(connection, 1, 0):
            (row,) = self._lab.rows(
                "SELECT cardinality(pg_blocking_pids(%s)) AS blockers",
                connection.info.backend_pid,
            )
            if row["blockers"]:
                return True
            poll(connection, 1, 1)
        return False

    def close(self, connection: Any) -> None:
        """End its transaction, so that its locks are free for certain.

        As behind a pooling proxy, the next worker gets the server's process, unless
        that is in the middle of a statement: starting one takes as long as twenty
        transactions.
        """
        if connection.closed:
            return
        if connection.info.transaction_status == TransactionStatus.ACTIVE:
            self._lab.end_connections(connection.info.backend_pid)
        else:
            connection.part(OperationalError("the connection is closed"))


def poll(connection: Any, wanted: int, milliseconds: int) -> int:
    poll = select.poll()
    poll.register(
        connection.pgconn.socket,
        (select.POLLIN if wanted & 1 else 0) | (select.POLLOUT if wanted & 2 else 0),
    )
    ready = 0
    for _, event in poll.poll(milliseconds):
        if event & ~select.POLLOUT:
            ready |= 1
        if event & select.POLLOUT:
            ready |= 2
    return ready & wanted or ready & 1
