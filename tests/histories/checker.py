"""Tells whether one order of all calls explains what each of them answered.

A call takes effect at one moment between its beginning and its end. This is the
just-in-time search of Gavin Lowe's "Testing for linearizability" (2017), which
Porcupine and Knossos use too: it passes over the history once and keeps every state
that the calls answered so far allow. Porcupine is a library for Go, Knossos for
Clojure, Lincheck for the JVM; neither PyPI nor npm has a checker.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

State = TypeVar("State", bound=Hashable)


@dataclass(frozen=True)
class Call:
    """One call and its answer, with times of one clock.

    Without an end nobody knows its answer: it may take effect at any time, or never.
    """

    name: str
    arguments: tuple[Any, ...]
    began: float
    ended: float | None = None
    answer: Any = None

    def __str__(self) -> str:
        end = "?" if self.ended is None else f"{self.ended:.3f}"
        words = " ".join(map(str, self.arguments))
        return f"{self.began:.3f} to {end}  {self.name} {words} -> {self.answer}"


class Model(Protocol[State]):
    """What each call does if nothing else happens at the same time."""

    def start(self) -> State:
        """Return the state before the first call."""

    def after(self, state: State, call: Call) -> Iterable[State]:
        """Yield the states that the call can lead to, none if its answer is wrong."""

    def alone(self, state: State) -> Iterable[State]:
        """Yield the states that the system reaches without a call."""

    def only_reads(self, call: Call) -> bool:
        """Return whether the call's answer rules out that it has changed the state."""


@dataclass(frozen=True)
class Contradiction(Generic[State]):
    """The first answer that no order explains, and the states in question."""

    call: Call
    states: frozenset[State]
    before: tuple[Call, ...]

    def __str__(self) -> str:
        return "\n".join(
            [
                f"no order of the calls explains: {self.call}",
                "after the calls:",
                *(f"  {call}" for call in self.before),
                "which leave one of:",
                *sorted(f"  {state}" for state in self.states),
            ]
        )


def contradiction_in(
    history: Sequence[Call], model: Model[State]
) -> Contradiction[State] | None:
    """Return the first contradiction, or None if the history is linearizable."""
    search = Search(history, model)
    for call, place in _events(history):
        if place == BEGINS:
            search.begin(call)
        else:
            before = search.possible
            search.end(call)
            if not search.possible:
                until = history[call].ended
                return Contradiction(
                    history[call],
                    frozenset(state for state, _ in before),
                    tuple(c for c in _by_time(history) if c.began <= (until or 0)),
                )
    return None


BEGINS, ENDS = 0, 1


def _events(history: Sequence[Call]) -> Iterator[tuple[int, int]]:
    """Yield beginnings and ends by time; at the same time, beginnings first."""
    events = [(call.began, BEGINS, index) for index, call in enumerate(history)]
    events += [
        (call.ended, ENDS, index)
        for index, call in enumerate(history)
        if call.ended is not None
    ]
    for _, place, index in sorted(events):
        yield index, place


def _by_time(history: Sequence[Call]) -> list[Call]:
    return sorted(history, key=lambda call: call.began)


class Search(Generic[State]):
    """Every state that can be, with the open calls that have taken effect in it."""

    def __init__(self, history: Sequence[Call], model: Model[State]) -> None:
        self._history = history
        self._model = model
        self._open: frozenset[int] = frozenset()
        nothing: frozenset[int] = frozenset()
        self.possible: set[tuple[State, frozenset[int]]] = {(model.start(), nothing)}

    def begin(self, call: int) -> None:
        self._open |= {call}

    def end(self, call: int) -> None:
        """Keep only what can be if the call has taken effect by now."""
        todo = [self._read(*one) for one in self.possible]
        seen = set(todo)
        self.possible = set()
        while todo:
            state, done = todo.pop()
            if call in done:
                self.possible.add((state, done - {call}))
                continue
            for following in self._following(state, done):
                if following not in seen:
                    seen.add(following)
                    todo.append(following)
        self._open -= {call}

    def _following(
        self, state: State, done: frozenset[int]
    ) -> Iterator[tuple[State, frozenset[int]]]:
        for alone in self._model.alone(state):
            yield self._read(alone, done)
        for other in self._open - done:
            for after in self._model.after(state, self._history[other]):
                yield self._read(after, done | {other})

    def _read(self, state: State, done: frozenset[int]) -> tuple[State, frozenset[int]]:
        """Let the open reads that fit take place now: later they could only fail."""
        fit = {
            other
            for other in self._open - done
            if self._model.only_reads(self._history[other])
            and list(self._model.after(state, self._history[other])) == [state]
        }
        return state, done | fit
