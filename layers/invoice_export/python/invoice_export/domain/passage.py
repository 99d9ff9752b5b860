"""How an execution passed its machine, told by the events of its history."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from invoice_export.domain.machine import Edge, Machine

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


@dataclass(frozen=True)
class Event:
    """One event of a history; ``previous`` is the id of the one that led to it."""

    id: int
    type: str
    at: datetime
    previous: int | None = None
    state: str | None = None
    error: str | None = None
    cause: str | None = None


@dataclass
class Passage:
    """How one state was passed."""

    entered_at: datetime | None = None
    exited_at: datetime | None = None
    attempts: int = 0
    failures: int = 0
    last_failed: bool = False
    errors: list[Event] = field(default_factory=list)


@dataclass
class Journey:
    """How the machine was passed: its states, and the top level's in order."""

    passages: dict[str, Passage]
    order: list[str] = field(default_factory=list)
    ending: str | None = None
    # Whatever the engine calls the end: a worker that meets the fence may fail before
    # the stop arrives, and LocalStack calls one failed that was stopped within a Map.
    cancelled: bool = False

    @property
    def stopped(self) -> bool:
        """Return whether it was ended by a person, and not by itself."""
        return self.ending is not None and (self.cancelled or self.ending == "ABORTED")

    def took(self, edge: Edge) -> bool:
        """Return whether the execution went this way."""
        if (edge.source, edge.target) not in pairwise(self.order):
            return False
        return (edge.kind == "catch") == self.passages[edge.source].last_failed


def follow(
    machine: Machine, events: Iterable[Event], *, cancelled: bool = False
) -> Journey:
    """Fold a history into what is known of every state.

    AWS chains events by ``previous``, so that each page of a Map is told from the
    others. Where a chain is broken (a gap in the history, an engine without it), an
    event belongs to the state that was entered last, or to what runs inside it.
    """
    passages = {name: Passage() for name in machine.states}
    journey = Journey(passages, cancelled=cancelled)
    owners: dict[int, str] = {}
    for event in events:
        if event.type in ENDINGS:
            # What still runs may report later; it is no part of the execution any more.
            journey.ending = ENDINGS[event.type]
            break
        state = event.state or owners.get(event.previous or 0)
        state = state or _present(machine, journey, event)
        if state not in journey.passages:
            continue
        owners[event.id] = state
        _note(machine, journey, state, event)
    _mark_caught(machine, journey)
    return journey


def status_of(machine: Machine, journey: Journey, name: str) -> str:
    """Return how a state stands; a Map's inner state stands as the Map does."""
    passage = journey.passages[name]
    parent = machine.states[name].parent
    if parent is not None and passage.attempts:
        status = status_of(machine, journey, parent)
        retried = status == "running" and passage.last_failed
        return "retried" if retried else status
    if passage.entered_at is None:
        return "waiting"
    if passage.exited_at is not None:
        return "failed" if passage.last_failed else "done"
    if journey.ending is not None:
        return "stopped" if journey.stopped else "failed"
    return "retried" if passage.last_failed else "running"


def _present(machine: Machine, journey: Journey, event: Event) -> str | None:
    if not journey.order:
        return None
    current = journey.order[-1]
    attempt = event.type.startswith(("Task", "LambdaFunction"))
    return (machine.first_inside(current) if attempt else None) or current


def _note(machine: Machine, journey: Journey, state: str, event: Event) -> None:
    passage = journey.passages[state]
    if event.type.endswith("StateEntered"):
        passage.entered_at = passage.entered_at or event.at
        passage.exited_at = None
        if machine.states[state].parent is None:
            journey.order.append(state)
    elif event.type.endswith("StateExited"):
        passage.exited_at = event.at
    elif ATTEMPT_STARTED.fullmatch(event.type):
        passage.attempts += 1
    elif ATTEMPT_SUCCEEDED.fullmatch(event.type):
        passage.last_failed = False
    elif ATTEMPT_FAILED.fullmatch(event.type):
        passage.failures += 1
        passage.last_failed = True
        passage.errors = [*passage.errors, event][-ERRORS_KEPT:]


def _mark_caught(machine: Machine, journey: Journey) -> None:
    """A state that only its Catch can have left has failed, whatever it ran."""
    for source, target in pairwise(journey.order):
        if machine.caught_only(source, target):
            journey.passages[source].last_failed = True
