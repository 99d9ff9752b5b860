"""How a request's rows are read: the parts of its statements, and their parameters.

Names come from the dataset's declaration and are quoted; values are bound.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.sql import SQL, Composable, Identifier, Literal, Placeholder

from invoice_export import formats
from invoice_export.domain.dataset import Column, Dataset, Kind
from invoice_export.domain.requests import Condition, ExportRequest, Operator
from invoice_export.formats.times import USUAL
from invoice_export.store.whole_numbers import in_whole_numbers

LOCAL_TIME = SQL("({} AT TIME ZONE {})")
UNUSUAL_TIMES = "count(*) FILTER (WHERE NOT {usual})"
LENGTH = SQL("coalesce(max(length({}::text)), 0)")

EVERYTHING = SQL("TRUE")
COMPARISONS = {
    Operator.MIN: SQL("{} >= {}"),
    Operator.MAX: SQL("{} <= {}"),
    Operator.FROM: SQL("{} >= {}"),
    Operator.TO: SQL("{} < {}"),
    Operator.EQUALS: SQL("{} = {}"),
    Operator.STARTS_WITH: SQL("{}::text ^@ {}::text"),
    Operator.IS: SQL("{} = {}::boolean"),
    Operator.IN: SQL("{} IN ({})"),
}
# The ends of a stretch that imply a comparison of the key's first column.
ENDS = {
    Operator.MIN: ("start",),
    Operator.FROM: ("start",),
    Operator.MAX: ("end",),
    Operator.TO: ("end",),
    Operator.EQUALS: ("start", "end"),
}
# Without a cast, a text takes the column's own type, which may be an enumeration.
CASTS = {
    Kind.NUMBER: SQL("{}::numeric"),
    Kind.DATE: SQL("{}::date"),
    Kind.TIME: SQL("{}::timestamptz"),
    Kind.LOCAL_TIME: SQL("({}::timestamptz AT TIME ZONE {})"),
}
WHOLE_NUMBER = SQL("{}::bigint")


class KeyRange(NamedTuple):
    """A stretch of a request's rows: from ``start`` up to ``end``; None is open.

    Keys are texts, of rows that the request asks for. Rows that came to be after
    ``cut_off`` are outside, if the dataset has a column for it.
    """

    start: tuple[str, ...] | None = None
    end: tuple[str, ...] | None = None
    end_included: bool = False
    cut_off: datetime | None = None


class Part(NamedTuple):
    """A part of a statement, with the values of its parameters."""

    text: Composable
    values: Mapping[str, Any]


def parts_of(
    request: ExportRequest, keys: KeyRange | None = None
) -> tuple[dict[str, Composable], dict[str, Any]]:
    """Return what the braces of ``exported_rows.sql`` stand for, and the parameters."""
    dataset, keys = request.dataset, keys or KeyRange()
    copy = formats.of(request.format).copy(request)
    names = [Identifier(key.name) for key in dataset.key]
    types = [SQL(key.type.value) for key in dataset.key]
    places = [SQL("key_{}").format(SQL(str(n))) for n in range(len(names))]
    conditions = _conditions(request, keys)
    lower, upper = _lower(dataset, keys), _upper(dataset, keys)
    cut_off = _cut_off(dataset, keys)
    bound = (conditions, lower, upper, cut_off)
    return {
        "view": Identifier(dataset.view),
        "walked": Identifier(_walked(request)),
        "columns": _listed(Identifier(column.name) for column in request.columns),
        "cells": _listed(_cells(request, copy.cells)),
        "copy_options": _verbatim(copy.options),
        "unusual": _unusual_times(request, copy.uncounted),
        "lengths": _listed(
            LENGTH.format(Identifier("sample", column.name))
            for column in request.columns
        ),
        "key": _listed(names),
        # A domain is cast to its base type, and a varchar to text. ORDER BY means the
        # view's own column, by whose type the index is ordered.
        "typed_key": _listed(map(SQL("{}::{} AS {}").format, names, types, places)),
        "key_backwards": _listed(SQL("{} DESC").format(name) for name in names),
        "places": _listed(places),
        "typed_places": _listed(map(SQL("{} {}").format, places, types)),
        "places_text": _listed(map(SQL("{}::text").format, places)),
        "conditions": conditions.text,
        "lower": lower.text,
        "upper": upper.text,
        "cut_off": cut_off.text,
    }, {name: value for part in bound for name, value in part.values.items()}


def _walked(request: ExportRequest) -> str:
    """Return the view in which planning walks: that of the keys, if they suffice."""
    dataset = request.dataset
    compared = {condition.filter.column for condition in request.conditions}
    keys = {key.name for key in dataset.key}
    return dataset.keys_view if compared <= keys else dataset.view


def _listed(parts: Iterable[Composable]) -> Composable:
    return SQL(", ").join(parts)


def _cells(request: ExportRequest, cells: Iterable[str]) -> Iterator[Composable]:
    """Return what is selected for each column, by the format's expressions."""
    for column, cell in zip(request.columns, cells, strict=True):
        yield _of_column(request, column, cell)


def _of_column(request: ExportRequest, column: Column, expression: str) -> Composable:
    return _verbatim(expression).format(
        value=Identifier(column.name),
        instant=_instant(request.dataset, column),
        zone=Literal(request.dialect.time_zone),
    )


def _instant(dataset: Dataset, column: Column) -> Composable:
    name = Identifier(column.name)
    # csv_time() takes a time without a zone too, if it is in UTC like the session.
    if column.kind is Kind.LOCAL_TIME and dataset.zone != "UTC":
        return LOCAL_TIME.format(name, Literal(dataset.zone))
    return name


def _unusual_times(request: ExportRequest, columns: Iterable[Column]) -> Composable:
    counts = [
        _of_column(request, column, UNUSUAL_TIMES.replace("{usual}", USUAL))
        for column in columns
    ]
    return SQL(" + ").join(counts or [SQL("0")])


def _verbatim(text: str) -> SQL:
    """Return SQL that a format of this package has written."""
    return SQL(text)


def _conditions(request: ExportRequest, keys: KeyRange) -> Part:
    texts: list[Composable] = []
    values: dict[str, Any] = {}
    for n, condition in enumerate(in_whole_numbers(request.conditions)):
        if _implied(request.dataset, condition, keys):
            continue
        listed = condition.value
        each = listed if isinstance(listed, tuple) else (listed,)
        named = {f"value_{n}_{m}": value for m, value in enumerate(each)}
        texts.append(_comparison(request.dataset, condition, list(named)))
        values |= named
    return Part(SQL(" AND ").join(texts) if texts else EVERYTHING, values)


def _implied(dataset: Dataset, condition: Condition, keys: KeyRange) -> bool:
    """Whether the ends of the stretch, which meet the condition, imply it.

    PostgreSQL may begin at the condition's bound instead of the stretch's start: each
    page would walk over all the pages before it.
    """
    ends = ENDS.get(condition.operator, ())
    return (
        condition.filter.column == dataset.key[0].name
        and bool(ends)
        and all(getattr(keys, end) is not None for end in ends)
    )


def _comparison(
    dataset: Dataset, condition: Condition, parameters: list[str]
) -> Composable:
    kind = condition.filter.kind
    cast = CASTS.get(kind, SQL("{}")) if kind else SQL("{}")
    if condition.filter.whole:
        cast = WHOLE_NUMBER
    zone = Literal(dataset.zone)
    values = _listed(cast.format(Placeholder(name), zone) for name in parameters)
    return COMPARISONS[condition.operator].format(
        Identifier(condition.filter.column), values
    )


def _lower(dataset: Dataset, keys: KeyRange) -> Part:
    return _bound(dataset, ">=", "start", keys.start)


def _upper(dataset: Dataset, keys: KeyRange) -> Part:
    # One upper bound per page: comparing every row with a second one costs a quarter.
    return _bound(dataset, "<=" if keys.end_included else "<", "end", keys.end)


def _bound(
    dataset: Dataset, comparison: str, name: str, key: tuple[str, ...] | None
) -> Part:
    if key is None:
        return Part(EVERYTHING, {})
    values = {f"{name}_{n}": value for n, value in enumerate(key)}
    casts = [
        SQL("{}::{}").format(Placeholder(parameter), SQL(column.type.value))
        for parameter, column in zip(values, dataset.key, strict=True)
    ]
    names = [Identifier(column.name) for column in dataset.key]
    text = SQL("({}) {} ({})").format(_listed(names), SQL(comparison), _listed(casts))
    return Part(text, values)


def _cut_off(dataset: Dataset, keys: KeyRange) -> Part:
    if keys.cut_off is None or dataset.cut_off is None:
        return Part(EVERYTHING, {})
    kind = Kind.LOCAL_TIME if dataset.cut_off.type == "timestamp" else Kind.TIME
    moment = CASTS[kind].format(Placeholder("cut_off"), Literal(dataset.zone))
    text: Composable = SQL("{} <= {}").format(Identifier(dataset.cut_off.name), moment)
    if keys.end is not None and dataset.cut_off == dataset.key[0]:
        # Where the page ends before it, PostgreSQL drops the comparison while planning:
        # a second condition on the index's first column costs a quarter.
        text = SQL("CASE WHEN {}::{} <= {} THEN TRUE ELSE {} END").format(
            Placeholder("end_0"), SQL(dataset.cut_off.type.value), moment, text
        )
    return Part(text, {"cut_off": keys.cut_off})
