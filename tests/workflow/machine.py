"""Loads the state machine's file and walks its states."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "statemachine" / "export_invoices.asl.json"
MACHINE: dict[str, Any] = json.loads(PATH.read_text())

State = dict[str, Any]


def states(scope: dict[str, Any] = MACHINE) -> Iterator[tuple[str, State]]:
    """All states with their names, including those inside a Map."""
    for name, state in scope["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def of_type(type_: str) -> dict[str, State]:
    return {name: state for name, state in states() if state["Type"] == type_}


TASKS = of_type("Task")


def placeholder(task: State) -> str:
    return task["Parameters"]["FunctionName"].removeprefix("${").removesuffix("}")


def snake(words: str) -> str:
    """Turns ``Write Page`` and ``WritePage`` into ``write_page``."""
    return "_".join(re.findall("[A-Z][a-z]+", words)).lower()
