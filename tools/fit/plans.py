"""What a plan of PostgreSQL reads whole, sorts, or joins."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CONDITIONS = ("Hash Cond", "Merge Cond", "Join Filter", "Filter")


@dataclass(frozen=True)
class Scan:
    """One way through a table.

    ``compared`` are its columns in the conditions that no index serves, as SQL writes
    them.
    """

    schema: str
    table: str
    by_index: bool
    compared: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The scans of a plan, and the rows that its largest sort holds.

    ``output`` are the expressions that it returns.
    """

    scans: tuple[Scan, ...]
    sorted_rows: int
    output: tuple[str, ...]


def read_plan(root: Mapping[str, Any]) -> Plan:
    """Read the plan of ``EXPLAIN (VERBOSE, FORMAT JSON)``."""
    nodes = list(_walk(root, ()))
    return Plan(
        scans=tuple(
            _scan(node, conditions) for node, conditions in nodes if "Schema" in node
        ),
        sorted_rows=max((_sorted(node) for node, _ in nodes), default=0),
        output=tuple(root.get("Output", ())),
    )


def _walk(
    node: Mapping[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    conditions = above + tuple(node[name] for name in CONDITIONS if name in node)
    yield node, conditions
    for child in node.get("Plans", ()):
        yield from _walk(child, conditions)


def _scan(node: Mapping[str, Any], conditions: tuple[str, ...]) -> Scan:
    alias = re.escape(node["Alias"])
    column = re.compile(rf'(?<![\w"])"?{alias}"?\.(\w+|"(?:[^"]|"")+")')
    found = (name for text in conditions for name in column.findall(text))
    return Scan(
        schema=node["Schema"],
        table=node["Relation Name"],
        by_index=bool(node.get("Index Cond") or node.get("Recheck Cond")),
        compared=tuple(dict.fromkeys(found)),
    )


def _sorted(node: Mapping[str, Any]) -> int:
    """Return the rows of a sort, if they come from a table.

    Planning sorts its last page backwards; that is no sign of a missing index.
    """
    if node["Node Type"] != "Sort" or any("DESC" in key for key in node["Sort Key"]):
        return 0
    if not any("Schema" in below for below, _ in _walk(node, ())):
        return 0
    return int(node["Plans"][0]["Plan Rows"])
