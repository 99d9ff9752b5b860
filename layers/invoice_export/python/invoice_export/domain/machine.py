"""A state machine's definition as states and the ways between them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Edge:
    """A way from one state to another: next, choice or catch."""

    source: str
    target: str
    kind: str


@dataclass(frozen=True)
class State:
    """A state as declared; ``parent`` is the Map that it runs in."""

    name: str
    type: str
    parent: str | None
    declared: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Machine:
    """States in the order of the definition, a Map's own right after it."""

    start_at: str
    states: dict[str, State]
    edges: list[Edge]

    def first_inside(self, name: str) -> str | None:
        """Return the state that a Map's iterations begin with."""
        processor = _processor(self.states[name].declared)
        return processor["StartAt"] if processor else None

    def caught_only(self, source: str, target: str) -> bool:
        """Return whether only an error leads from ``source`` to ``target``."""
        kinds = {
            edge.kind
            for edge in self.edges
            if (edge.source, edge.target) == (source, target)
        }
        return kinds == {"catch"}


def parse_machine(definition: dict[str, Any]) -> Machine:
    """Read an Amazon States Language definition, Maps with what is in them."""
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
        ways = [(declared.get("Next"), "next"), (declared.get("Default"), "choice")]
        ways += [(way["Next"], "choice") for way in declared.get("Choices", [])]
        ways += [(way["Next"], "catch") for way in declared.get("Catch", [])]
        edges += [
            Edge(name, target, kind)
            for target, kind in dict.fromkeys(ways)
            if target is not None
        ]
        processor = _processor(declared)
        if processor:
            _read(processor, name, states, edges)


def _processor(declared: dict[str, Any]) -> dict[str, Any] | None:
    return declared.get("ItemProcessor") or declared.get("Iterator")
