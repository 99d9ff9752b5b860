"""An execution's path through the state machine, read from its history."""

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct, field

from invoice_export.domain.machine import Edge, EdgeKind, Machine

ERRORS_KEPT = 10
ENDINGS = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionAborted": "ABORTED",
    "ExecutionTimedOut": "TIMED_OUT",
}
# TaskFailed, TaskTimedOut, TaskSubmitFailed, LambdaFunctionFailed, …
ATTEMPT_STARTED = re.compile(r"(Task|LambdaFunction)Scheduled")
ATTEMPT_FAILED = re.compile(r"(Task|LambdaFunction)\w*(Failed|TimedOut)")
ATTEMPT_SUCCEEDED = re.compile(r"(Task|LambdaFunction)Succeeded")


class StateStatus(StrEnum):
    """How far an execution is with a state; a cancellation leaves it ``stopped``."""

    WAITING = "waiting"
    RUNNING = "running"
    RETRIED = "retried"
    FAILED = "failed"
    STOPPED = "stopped"
    DONE = "done"


class Event(NamedTuple):
    """One event of a history; ``previous`` is the id of the event that caused it."""

    id: int
    type: str
    at: datetime
    previous: int | None = None
    state: str | None = None
    error: str | None = None
    cause: str | None = None


class StateTrace(Struct):
    """What the history says of one state."""

    entered_at: datetime | None = None
    exited_at: datetime | None = None
    attempts: int = 0
    failures: int = 0
    last_failed: bool = False
    errors: list[Event] = field(default_factory=list)


class ExecutionPath(Struct):
    """What the history says of every state, and the order of the top-level states."""

    traces: dict[str, StateTrace]
    order: list[str] = field(default_factory=list)
    ending: str | None = None
    # The run's own word. Engines differ: a worker that meets the fence may fail before
    # the stop arrives, and LocalStack reports a stop inside a Map as a failure.
    cancelled: bool = False

    @property
    def stopped(self) -> bool:
        """Return whether a person ended the execution."""
        return self.ending is not None and (self.cancelled or self.ending == "ABORTED")

    def took(self, edge: Edge) -> bool:
        """Return whether the execution took this edge."""
        if (edge.source, edge.target) not in pairwise(self.order):
            return False
        return (edge.kind is EdgeKind.CATCH) == self.traces[edge.source].last_failed


def trace_path(
    machine: Machine, events: Iterable[Event], *, cancelled: bool = False
) -> ExecutionPath:
    """Collect what a history says of every state.

    AWS links events by ``previous``, which tells the pages of a Map apart. Where a link
    is missing (a gap in the history, an engine without links), an event belongs to the
    state that was entered last, or to the state inside it.
    """
    path = ExecutionPath(
        {name: StateTrace() for name in machine.states}, cancelled=cancelled
    )
    owners: dict[int, str] = {}
    for event in events:
        if event.type in ENDINGS:
            # Workers may report later; that is not part of the execution any more.
            path.ending = ENDINGS[event.type]
            break
        state = event.state or owners.get(event.previous or 0)
        state = state or _current(machine, path, event)
        if state not in path.traces:
            continue
        owners[event.id] = state
        _record(machine, path, state, event)
    _mark_caught(machine, path)
    return path


def status_of(machine: Machine, path: ExecutionPath, name: str) -> StateStatus:
    """Return a state's status; a state inside a Map shares the Map's status."""
    trace = path.traces[name]
    parent = machine.states[name].parent
    if parent is not None and trace.attempts:
        status = status_of(machine, path, parent)
        retried = status is StateStatus.RUNNING and trace.last_failed
        return StateStatus.RETRIED if retried else status
    if trace.entered_at is None:
        return StateStatus.WAITING
    if trace.exited_at is not None:
        return StateStatus.FAILED if trace.last_failed else StateStatus.DONE
    if path.ending is not None:
        return StateStatus.STOPPED if path.stopped else StateStatus.FAILED
    return StateStatus.RETRIED if trace.last_failed else StateStatus.RUNNING


def _current(machine: Machine, path: ExecutionPath, event: Event) -> str | None:
    if not path.order:
        return None
    current = path.order[-1]
    attempt = event.type.startswith(("Task", "LambdaFunction"))
    return (machine.first_inside(current) if attempt else None) or current


def _record(machine: Machine, path: ExecutionPath, state: str, event: Event) -> None:
    trace = path.traces[state]
    if event.type.endswith("StateEntered"):
        trace.entered_at = trace.entered_at or event.at
        trace.exited_at = None
        if machine.states[state].parent is None:
            path.order.append(state)
    elif event.type.endswith("StateExited"):
        trace.exited_at = event.at
    elif ATTEMPT_STARTED.fullmatch(event.type):
        trace.attempts += 1
    elif ATTEMPT_SUCCEEDED.fullmatch(event.type):
        trace.last_failed = False
    elif ATTEMPT_FAILED.fullmatch(event.type):
        trace.failures += 1
        trace.last_failed = True
        trace.errors = [*trace.errors, event][-ERRORS_KEPT:]


def _mark_caught(machine: Machine, path: ExecutionPath) -> None:
    """Mark a state as failed if only its Catch leads to the next state taken."""
    for source, target in pairwise(path.order):
        if machine.caught_only(source, target):
            path.traces[source].last_failed = True
