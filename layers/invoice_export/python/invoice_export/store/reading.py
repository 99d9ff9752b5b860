"""How a request's rows are read: the parts of its statements, and their parameters.

Names come from the dataset's declaration and are quoted; values are bound.
"""

from collections.abc import Iterable, Mapping
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

KEYS = SQL("({}) {} ({})")
START = SQL("_hops.starts[_hop.number][{}]::{}")

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
    Operator.MIN: frozenset({"start"}),
    Operator.FROM: frozenset({"start"}),
    Operator.MAX: frozenset({"end"}),
    Operator.TO: frozenset({"end"}),
    Operator.EQUALS: frozenset({"start", "end"}),
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

    @property
    def ends(self) -> frozenset[str]:
        """Which of ``start`` and ``end`` are closed."""
        ends = {"start": self.start, "end": self.end}
        return frozenset(name for name, key in ends.items() if key is not None)


class Part(NamedTuple):
    """A part of a statement, with the values of its parameters."""

    text: Composable
    values: Mapping[str, Any]


class Parts:
    """What the braces of ``exported_rows.sql`` stand for, by name, and the parameters.

    A part is made when a statement first asks for it.
    """

    def __init__(self, request: ExportRequest, keys: KeyRange | None = None) -> None:
        self._request = request
        self._dataset = request.dataset
        self._keys = keys or KeyRange()
        self._copy = formats.of(request.format).copy(request)
        self._names = [Identifier(key.name) for key in request.dataset.key]
        self._types = [SQL(key.type.value) for key in request.dataset.key]
        self._bounds = {
            "conditions": _conditions(request, self._keys.ends),
            "lower": _lower(self._dataset, self._keys),
            "upper": _upper(self._dataset, self._keys),
            "cut_off": _cut_off(self._dataset, self._keys),
        }

    def __getitem__(self, name: str) -> Composable:
        if name in self._bounds:
            return self._bounds[name].text
        part: Composable = getattr(self, name)
        return part

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of conditions, bounds and cut-off."""
        parts = self._bounds.values()
        return {name: value for part in parts for name, value in part.values.items()}

    @property
    def view(self) -> Composable:
        return Identifier(self._dataset.view)

    @property
    def keys_view(self) -> Composable:
        return Identifier(self._dataset.keys_view)

    @property
    def walked(self) -> Composable:
        """The view in which planning walks: that of the keys, if they suffice."""
        compared = {condition.filter.column for condition in self._request.conditions}
        if compared <= {key.name for key in self._dataset.key}:
            return self.keys_view
        return self.view

    @property
    def walked_columns(self) -> Composable:
        return _listed(map(Identifier, self._dataset.walked_columns))

    @property
    def walked_key(self) -> Composable:
        """The key of the row ``start`` of a hop of ``walked``, as texts."""
        return _listed(map(SQL("(walked.start).{}::text").format, self._names))

    @property
    def from_start(self) -> Composable:
        """The request's rows from the start of a hop on, by the hop's number."""
        conditions = _conditions(self._request, frozenset({"start"})).text
        casts = [
            START.format(Literal(place), key_type)
            for place, key_type in enumerate(self._types, start=1)
        ]
        after = KEYS.format(_listed(self._names), SQL(">="), _listed(casts))
        return SQL(" AND ").join([conditions, after])

    @property
    def columns(self) -> Composable:
        return _listed(Identifier(column.name) for column in self._request.columns)

    @property
    def cells(self) -> Composable:
        """What is selected for each column, by the format's expressions."""
        return _listed(
            _of_column(self._request, column, cell)
            for column, cell in zip(
                self._request.columns, self._copy.cells, strict=True
            )
        )

    @property
    def copy_options(self) -> Composable:
        return _verbatim(self._copy.options)

    @property
    def unusual(self) -> Composable:
        counts = [
            _of_column(self._request, column, UNUSUAL_TIMES.replace("{usual}", USUAL))
            for column in self._copy.uncounted
        ]
        return SQL(" + ").join(counts or [SQL("0")])

    @property
    def lengths(self) -> Composable:
        return _listed(
            LENGTH.format(Identifier("sample", column.name))
            for column in self._request.columns
        )

    @property
    def key(self) -> Composable:
        return _listed(self._names)


def _listed(parts: Iterable[Composable]) -> Composable:
    return SQL(", ").join(parts)


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


def _verbatim(text: str) -> SQL:
    """Return SQL that a format of this package has written."""
    return SQL(text)


def _conditions(request: ExportRequest, ends: frozenset[str]) -> Part:
    """Return the conditions of a stretch that has these ends."""
    texts: list[Composable] = []
    values: dict[str, Any] = {}
    for n, condition in enumerate(in_whole_numbers(request.conditions)):
        if _implied(request.dataset, condition, ends):
            continue
        listed = condition.value
        each = listed if isinstance(listed, tuple) else (listed,)
        named = {f"value_{n}_{m}": value for m, value in enumerate(each)}
        texts.append(_comparison(request.dataset, condition, list(named)))
        values |= named
    return Part(SQL(" AND ").join(texts) if texts else EVERYTHING, values)


def _implied(dataset: Dataset, condition: Condition, ends: frozenset[str]) -> bool:
    """Whether the ends of the stretch, which meet the condition, imply it.

    PostgreSQL may begin at the condition's bound instead of the stretch's start: each
    page would walk over all the pages before it.
    """
    implying = ENDS.get(condition.operator)
    return (
        condition.filter.column == dataset.key[0].name
        and implying is not None
        and implying <= ends
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
    text = KEYS.format(_listed(names), SQL(comparison), _listed(casts))
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
