"""A request in words, for e-mails."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from invoice_export.domain.dataset import Dataset
from invoice_export.domain.dialects import Preset
from invoice_export.domain.requests import Operator

WORDS = {
    Operator.MIN: "at least {}",
    Operator.MAX: "at most {}",
    Operator.FROM: "from {}",
    Operator.TO: "before {}",
    Operator.EQUALS: "is “{}”",
    Operator.STARTS_WITH: "begins with “{}”",
}


def describe(dataset: Dataset | None, asked: Mapping[str, Any]) -> list[str]:
    """Return a line for each thing that the caller chose.

    ``asked`` is the request as it was written; without a dataset, the header's names
    stand for the labels.
    """
    filters = asked.get("filters", {})
    lines = [
        f"{_filter_label(dataset, name)}: {' and '.join(_comparisons(filters[name]))}"
        for name in _ordered(
            filters, list(dataset.filters_by_header) if dataset else []
        )
    ]
    if "format" in asked:
        lines.append(f"Format: {asked['format']}")
    if "preset" in asked:
        lines.append(f"Written for: {Preset(asked['preset']).label}")
    if "timeZone" in asked and lines:
        lines.append(f"Time zone: {asked['timeZone']}")
    if "columns" in asked:
        labels = [_column_label(dataset, header) for header in asked["columns"]]
        lines.append(f"Columns: {', '.join(labels)}")
    return lines


def _ordered(names: Iterable[str], order: list[str]) -> list[str]:
    """The database returns the keys of a request in an order of its own."""
    known = {name: place for place, name in enumerate(order)}
    return sorted(names, key=lambda name: known.get(name, len(known)))


def _comparisons(values: Mapping[str, Any]) -> Iterator[str]:
    for name in _ordered(values, list(Operator)):
        operator, value = Operator(name), values[name]
        if operator is Operator.IN:
            yield " or ".join(value)
        elif operator is Operator.IS:
            yield "yes" if value else "no"
        else:
            yield WORDS[operator].format(value)


def _filter_label(dataset: Dataset | None, name: str) -> str:
    found = dataset.filters_by_header.get(name) if dataset else None
    return found.label if found else name


def _column_label(dataset: Dataset | None, header: str) -> str:
    found = dataset.by_header.get(header) if dataset else None
    return found.title if found else header
