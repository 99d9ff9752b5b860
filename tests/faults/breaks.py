"""Ways to break the product on purpose."""

import json
from collections import ChainMap
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from psycopg.sql import SQL

from invoice_export.adapters import views
from invoice_export.domain.requests import ExportRequest
from invoice_export.store import database
from tests.faults.dataset import LABORATORY
from tests.faults.injector import WRITES
from tests.faults.laboratory import Laboratory

Break = Callable[[ExitStack, Laboratory], None]


@dataclass(frozen=True)
class Mutant:
    """One break, where in the matrix to look for it first, and what must notice it.

    ``noticed_by`` are parts of violations: the first outcome that an invariant notices
    has these and no others.
    """

    name: str
    apply: Break
    scenarios: tuple[str, ...]
    points: str = ""
    noticed_by: tuple[str, ...] = field(kw_only=True)


def swapped(target: Any, name: str, value: Any) -> Break:
    return lambda stack, _: stack.enter_context(patch.object(target, name, value))


def sql_with(query: str, old: str, new: str) -> Break:
    """Change a query's text but keep the names of its points."""

    original = database.compose

    def changed(name: str) -> Any:
        text = original(name)
        if name != query:
            return text
        assert old in text, (query, old)
        mutated = text.replace(old, new)
        if text in WRITES:
            WRITES[mutated] = name
        return mutated

    return swapped(database, "compose", changed)


def left_out(part: str, *queries: str) -> Break:
    """Leave a part of these queries of exported rows out."""

    def apply(stack: ExitStack, _: Laboratory) -> None:
        original = database.compose_with

        def changed(name: str, parts: Any) -> Any:
            if name in queries:
                parts = ChainMap({part: SQL("TRUE")}, parts)
            return original(name, parts)

        stack.enter_context(patch.object(database, "compose_with", changed))

    return apply


def view_with(old: str, new: str) -> Break:
    """Make the datasets' views from another text."""

    def apply(stack: ExitStack, lab: Laboratory) -> None:
        original = views._script

        def changed(name: str) -> SQL:
            text = original(name).as_string()
            assert name != "secured" or old in text, old
            return SQL(text.replace(old, new))

        stack.callback(lab.deploy, LABORATORY)
        with patch.object(views, "_script", changed):
            lab.deploy(LABORATORY)

    return apply


def function_with(name: str, old: str, new: str) -> Break:
    """Change the text of a function of the schema."""

    def apply(stack: ExitStack, lab: Laboratory) -> None:
        (found,) = lab.rows("SELECT pg_get_functiondef(%s::regproc) AS text", name)
        text = found["text"]
        assert old in text, (name, old)
        stack.callback(lab.admin.execute, text)
        lab.admin.execute(text.replace(old, new))

    return apply


def every(*breaks: Break) -> Break:
    def apply(stack: ExitStack, lab: Laboratory) -> None:
        for each in breaks:
            each(stack, lab)

    return apply


CANONICAL: Any = ExportRequest.canonical.fget  # type: ignore[attr-defined]


def forget(option: str) -> Break:
    """Leave one option out of the text by which equal requests are found."""

    def forgetful(request: ExportRequest) -> str:
        options = json.loads(CANONICAL(request))
        options.pop(option, None)
        return json.dumps(options)

    return swapped(ExportRequest, "canonical", property(forgetful))
