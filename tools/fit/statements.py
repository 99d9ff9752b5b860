"""Whether an index serves each statement that an export runs over a dataset."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.sql import Composable

from invoice_export.contracts.requests import parse
from invoice_export.domain.dataset import Dataset, Datasets, Filter, Kind
from invoice_export.domain.requests import ExportRequest
from invoice_export.store.reading import KeyRange, Parts
from invoice_export.store.statements import compose_with
from tools.fit.catalogue import Catalogue
from tools.fit.columns import Base, Output, Table, create_index, serving_index
from tools.fit.findings import Finding, complaints_or, error, info, ok, warning
from tools.fit.plans import Plan
from tools.fit.session import NotAnsweredError, Session, verbatim

# Smaller tables are read whole in no time.
BIG = 10_000
# Sorting so many rows of an organisation costs less than finding them.
SORTED = 1_000
COPIED = re.compile(r"COPY \((.*)\) TO STDOUT", re.DOTALL)
VALUES: Mapping[Kind, Mapping[str, Any]] = {
    Kind.TEXT: {"equals": "a"},
    Kind.NUMBER: {"min": 1},
    Kind.BOOLEAN: {"is": True},
    Kind.DATE: {"from": "2025-01-01", "to": "2025-01-02"},
    Kind.TIME: {"from": "2025-01-01", "to": "2025-01-02"},
    Kind.LOCAL_TIME: {"from": "2025-01-01", "to": "2025-01-02"},
}


class PartsWithoutViews(Parts):
    """The parts of a statement where set-up has not yet made views and functions."""

    def __init__(
        self, request: ExportRequest, keys: KeyRange | None, secured: Composable
    ) -> None:
        super().__init__(request, keys)
        self._secured = secured

    @property
    def view(self) -> Composable:
        text = self._secured.as_string().replace("%", "%%")
        return verbatim(f"({text})")

    @property
    def walked(self) -> Composable:
        return self.view

    @property
    def cells(self) -> Composable:
        return self.columns


@dataclass(frozen=True)
class Reading:
    """A dataset, its columns, and what stands for its view before there is one."""

    datasets: Datasets
    dataset: Dataset
    outputs: Mapping[str, Output]
    secured: Composable

    @property
    def organization(self) -> Base | None:
        return self.outputs[self.dataset.organization].base

    @property
    def key(self) -> list[Base | None]:
        return [self.outputs[key.name].base for key in self.dataset.key]

    @property
    def home(self) -> Table | None:
        """The table whose rows are exported: the key's."""
        first = self.key[0]
        return first.table if first else None

    def statement(
        self, name: str, request: ExportRequest, keys: KeyRange | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Return a statement of the exports over the query instead of the view."""
        parts = PartsWithoutViews(request, keys, self.secured)
        composed = compose_with(f"exported_rows.{name}", parts)
        copied = COPIED.search(composed)
        return (copied[1] if copied else composed), parts.values | {"at_most": BIG}

    def index(self) -> str:
        """Return how to make the index that finds an organisation's keys."""
        bases = [self.organization, *self.key]
        known = [base for base in bases if base]
        if len(known) < len(bases):
            return (
                "no index finds an expression: let the query select the organisation "
                "and the key as the tables have them"
            )
        tables = sorted({base.table.name for base in known})
        if len(tables) > 1:
            return (
                f"no index spans {' and '.join(tables)}: keep the organisation's id in "
                "the table of the key"
            )
        return create_index(known[0].table, [base.name for base in known])


def check_statements(
    session: Session,
    catalogue: Catalogue,
    reading: Reading,
    middle: Sequence[str] | None,
) -> list[Finding]:
    """Explain the statements; ``middle`` is a key of the current organisation."""
    plain = parse(reading.datasets, {"dataset": reading.dataset.name})
    key = tuple(middle) if middle else None
    page = KeyRange(start=key, end=key, end_included=True)
    named = {
        "counting": reading.statement("count", plain),
        "planning": reading.statement("walk", plain),
        "sampling": reading.statement("measure_text", plain),
        "writing a page": reading.statement("copy_page", plain, page),
        "writing all rows": reading.statement("copy_page", plain),
    }
    plans: dict[str, Plan] = {}
    with session.in_order():
        for name, (text, values) in named.items():
            try:
                plans[name] = session.plan(text, values)
            except NotAnsweredError as exc:
                advice = "correct the query or its declaration"
                return [error("statements", f"{name} fails: {exc}", advice)]
        served = ok("index", "an index serves planning, counting and every page")
        found = complaints_or(_whole_tables(catalogue, reading, plans), served)
        advised = {each.advice for each in found} - {""}
        filters = _filters(session, catalogue, reading, plans["counting"])
        return [
            *found,
            *_joins(catalogue, reading, plans["planning"]),
            *(each for each in filters if each.advice not in advised),
        ]


def _whole_tables(
    catalogue: Catalogue, reading: Reading, plans: Mapping[str, Plan]
) -> Iterator[Finding]:
    told: set[str] = set()
    for name, plan in plans.items():
        for scan in plan.scans:
            facts = catalogue.facts(scan)
            if scan.by_index or facts.rows <= BIG or facts.table.name in told:
                continue
            told.add(facts.table.name)
            if facts.table == reading.home:
                advice = reading.index()
            elif scan.compared:
                advice = create_index(facts.table, scan.compared)
            else:
                advice = f"join {facts.table.name} on a column with an index"
            message = f"{name} reads all {facts.rows:,} rows of {facts.table.name}"
            yield error("index", message, advice)
        big = any(facts.rows > BIG for facts in catalogue.tables(plan))
        if plan.sorted_rows > SORTED and big and not told:
            told.add("sort")
            message = f"{name} sorts {plan.sorted_rows:,} rows of an organisation"
            yield error("index", message, reading.index())


def _joins(catalogue: Catalogue, reading: Reading, planning: Plan) -> Iterator[Finding]:
    others = sorted(
        facts.table.name
        for facts in catalogue.tables(planning)
        if facts.table != reading.home
    )
    if reading.home and others:
        yield warning(
            "joins",
            f"planning reads {', '.join(others)} too, once for each row",
            "use LEFT JOIN on a unique column where the rows stay the same: "
            "PostgreSQL then leaves the table out",
        )


def _filters(
    session: Session, catalogue: Catalogue, reading: Reading, counting: Plan
) -> Iterator[Finding]:
    big = any(facts.rows > BIG for facts in catalogue.tables(counting))
    for declared in reading.dataset.filters_by_header.values():
        try:
            session.plan(*reading.statement("count", _filtered(reading, declared)))
        except NotAnsweredError as exc:
            advice = "declare the filter's kind and column, or cast the column"
            message = f"filter {declared.header!r} fails: {exc}"
            yield error("filters", message, advice)
        else:
            if big:
                yield from _unserved(reading, declared)


def _unserved(reading: Reading, declared: Filter) -> Iterator[Finding]:
    base = reading.outputs[declared.column].base
    if declared.kind is Kind.NUMBER:
        yield info(
            "filters",
            f"filter {declared.header!r} compares numbers, for which no index is used",
        )
    elif base is None:
        yield warning(
            "filters",
            f"filter {declared.header!r} compares an expression, so that no index "
            "serves it",
            "let the query select a column of a table too, and name it: "
            f"Filter({declared.header!r}, column=…)",
        )
    elif not serving_index(reading.organization, base):
        own = base.table == reading.home
        around = [reading.organization, base, *reading.key] if own else [base]
        columns = [each.name for each in around if each and each.table == base.table]
        yield warning(
            "filters",
            f"no index serves the filter {declared.header!r}",
            create_index(base.table, columns),
        )


def _filtered(reading: Reading, declared: Filter) -> ExportRequest:
    kind = declared.kind or Kind.TEXT
    values = VALUES.get(kind) or {"in": [declared.choices[0]]}
    options = {"dataset": reading.dataset.name, "filters": {declared.header: values}}
    return parse(reading.datasets, options)
