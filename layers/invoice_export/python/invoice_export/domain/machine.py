"""A state machine's definition as states and the edges between them."""

from enum import StrEnum
from typing import Any, NamedTuple


class EdgeKind(StrEnum):
    """Why the machine goes from one state to another."""

    NEXT = "next"
    CHOICE = "choice"
    CATCH = "catch"


class Edge(NamedTuple):
    """A transition from one state to another."""

    source: str
    target: str
    kind: EdgeKind


class State(NamedTuple):
    """A state as declared; ``parent`` is the Map that it runs in."""

    name: str
    type: str
    parent: str | None
    declared: dict[str, Any]


class Machine(NamedTuple):
    """States in the order of the definition; a Map's inner states follow the Map."""

    start_at: str
    states: dict[str, State]
    edges: list[Edge]

    def first_inside(self, name: str) -> str | None:
        """Return the first state of a Map's iterations; None for another state."""
        processor = _processor(self.states[name].declared)
        return processor["StartAt"] if processor else None

    def caught_only(self, source: str, target: str) -> bool:
        """Return whether only an error leads from ``source`` to ``target``."""
        kinds = {
            edge.kind
            for edge in self.edges
            if (edge.source, edge.target) == (source, target)
        }
        return kinds == {EdgeKind.CATCH}


def parse_machine(definition: dict[str, Any]) -> Machine:
    """Read an Amazon States Language definition, including the insides of Maps."""
    states: dict[str, State] = {}
    edges: list[Edge] = []
    _read(definition, None, states, edges)
    return Machine(definition["StartAt"], states, edges)


def _read(
    part: dict[str, Any],
    parent: str | None,
    states: dict[str, State],
    edges: list[Edge],
) -> None:
    for name, declared in part["States"].items():
        states[name] = State(name, declared["Type"], parent, declared)
        found = [
            (declared.get("Next"), EdgeKind.NEXT),
            (declared.get("Default"), EdgeKind.CHOICE),
            *((rule["Next"], EdgeKind.CHOICE) for rule in declared.get("Choices", [])),
            *((rule["Next"], EdgeKind.CATCH) for rule in declared.get("Catch", [])),
        ]
        edges += [
            Edge(name, target, kind)
            for target, kind in dict.fromkeys(found)
            if target is not None
        ]
        processor = _processor(declared)
        if processor:
            _read(processor, name, states, edges)


def _processor(declared: dict[str, Any]) -> dict[str, Any] | None:
    return declared.get("ItemProcessor") or declared.get("Iterator")
