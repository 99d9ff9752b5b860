"""How a request's rows are read: the parts of its statements, and their parameters.

Names come from the dataset's declaration and are quoted; values are bound.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.sql import SQL, Composable, Identifier, Literal, Placeholder

from invoice_export.domain.dataset import Column, Dataset, Kind
from invoice_export.domain.requests import Condition, ExportRequest, Operator
from invoice_export.store.whole_numbers import in_whole_numbers

# csv_text() guards a text, csv_time() formats a time: functions of the schema.
TEXT_CELL = SQL("csv_text({}::text)")
TIME_CELL = SQL("csv_time({})")
LOCAL_TIME = SQL("({} AT TIME ZONE {})")
# RFC 3339 has no form for other times; the bounds are those of csv_time().
USUAL_TIME = (
    "({0} >= timestamptz '0001-01-01 00:00:00+00'"
    " AND {0} < timestamptz '10000-01-01 00:00:00+00')"
)
# For a time that domain/csv_format.py does not finish, SQL writes the T.
WHOLE_TIME = SQL(
    f"CASE WHEN {USUAL_TIME} THEN replace(csv_time({{0}}), ' ', 'T')"
    " ELSE csv_time({0}) END"
)
UNUSUAL_TIMES = SQL(f"count(*) FILTER (WHERE NOT {USUAL_TIME})")

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
# Without a cast, a text takes the column's own type, which may be an enumeration.
CASTS = {
    Kind.NUMBER: SQL("{}::numeric"),
    Kind.DATE: SQL("{}::date"),
    Kind.TIME: SQL("{}::timestamptz"),
    Kind.LOCAL_TIME: SQL("({}::timestamptz AT TIME ZONE {})"),
}
WHOLE_NUMBER = SQL("{}::bigint")


@dataclass(frozen=True)
class KeyRange:
    """A stretch of rows: from ``start`` up to ``end``; None is open.

    Keys are texts. Rows that came to be after ``cut_off`` are outside, if the dataset
    has a column for it.
    """

    start: tuple[str, ...] | None = None
    end: tuple[str, ...] | None = None
    end_included: bool = False
    cut_off: datetime | None = None


@dataclass(frozen=True)
class Part:
    """A part of a statement, with the values of its parameters."""

    text: Composable
    values: Mapping[str, Any]


def parts_of(
    request: ExportRequest, keys: KeyRange | None = None
) -> tuple[dict[str, Composable], dict[str, Any]]:
    """Return what the braces of ``exported_rows.sql`` stand for, and the parameters."""
    dataset, keys = request.dataset, keys or KeyRange()
    names = [Identifier(key.name) for key in dataset.key]
    places = [SQL("starts.key_{}").format(SQL(str(n))) for n in range(len(names))]
    conditions = _conditions(request)
    lower, upper = _lower(dataset, keys), _upper(dataset, keys)
    cut_off = _cut_off(dataset, keys)
    bound = (conditions, lower, upper, cut_off)
    return {
        "view": Identifier(dataset.view),
        "columns": _listed(Identifier(column.name) for column in request.columns),
        "cells": _listed(_cells(request)),
        "unusual": _unusual_times(request),
        "key": _listed(names),
        "named_key": _listed(
            SQL("{} AS key_{}").format(name, SQL(str(n)))
            for n, name in enumerate(names)
        ),
        "key_text": _listed(SQL("last.{}::text").format(name) for name in names),
        "key_backwards": _listed(SQL("{} DESC").format(name) for name in names),
        "starts_key": _listed(places),
        "starts_text": _listed(SQL("{}::text").format(place) for place in places),
        "conditions": conditions.text,
        "lower": lower.text,
        "upper": upper.text,
        "cut_off": cut_off.text,
    }, {name: value for part in bound for name, value in part.values.items()}


def _listed(parts: Iterable[Composable]) -> Composable:
    return SQL(", ").join(parts)


def _cells(request: ExportRequest) -> Iterator[Composable]:
    """Format each column as its kind requires."""
    earlier = request.earlier_times
    for column in request.columns:
        if column.kind.is_time:
            form = WHOLE_TIME if column in earlier else TIME_CELL
            yield form.format(_instant(request.dataset, column))
        elif column.kind is Kind.TEXT:
            yield TEXT_CELL.format(Identifier(column.name))
        else:
            yield Identifier(column.name)


def _instant(dataset: Dataset, column: Column) -> Composable:
    name = Identifier(column.name)
    # csv_time() takes a time without a zone too, if it is in UTC like the session.
    if column.kind is Kind.LOCAL_TIME and dataset.zone != "UTC":
        return LOCAL_TIME.format(name, Literal(dataset.zone))
    return name


def _unusual_times(request: ExportRequest) -> Composable:
    counts: list[Composable] = [
        UNUSUAL_TIMES.format(_instant(request.dataset, column))
        for column in request.earlier_times
    ]
    return SQL(" + ").join(counts or [SQL("0")])


def _conditions(request: ExportRequest) -> Part:
    texts: list[Composable] = []
    values: dict[str, Any] = {}
    for n, condition in enumerate(in_whole_numbers(request.conditions)):
        listed = condition.value
        each = listed if isinstance(listed, tuple) else (listed,)
        named = {f"value_{n}_{m}": value for m, value in enumerate(each)}
        texts.append(_comparison(request.dataset, condition, list(named)))
        values |= named
    return Part(SQL(" AND ").join(texts) if texts else EVERYTHING, values)


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
