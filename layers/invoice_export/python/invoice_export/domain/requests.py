"""What a request asks for: a dataset, its columns, conditions and the file's format."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Self

from invoice_export.domain.dataset import Column, Dataset, Filter
from invoice_export.domain.dialects import Dialect
from invoice_export.domain.runs import Consistency

DEFAULT_FORMAT = "csv"


class Operator(StrEnum):
    """How a filter compares, as requests spell it."""

    IN = "in"
    MIN = "min"
    MAX = "max"
    FROM = "from"
    TO = "to"
    EQUALS = "equals"
    STARTS_WITH = "startsWith"
    IS = "is"


class Condition(NamedTuple):
    """One comparison; the value is canonical: times in UTC, numbers without zeros."""

    filter: Filter
    operator: Operator
    value: str | bool | tuple[str, ...]


@dataclass(frozen=True)
class ExportRequest:
    """What is counted, planned and written.

    ``asked`` is what the caller wrote, without the defaults; people read it.
    """

    dataset: Dataset
    columns: tuple[Column, ...]
    conditions: tuple[Condition, ...] = ()
    format: str = DEFAULT_FORMAT
    dialect: Dialect = field(default_factory=Dialect)
    consistency: Consistency = Consistency.PAGES
    asked: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def canonical(self) -> str:
        """The options as text: equal for equal exports, ``{}`` for the plain one."""
        options: dict[str, Any] = {}
        if not self.dataset.default:
            options["dataset"] = self.dataset.name
        if self.columns != self.dataset.default_columns:
            options["columns"] = self.headers
        filters: dict[str, dict[str, Any]] = {}
        for condition in self.conditions:
            named = filters.setdefault(condition.filter.header, {})
            named[condition.operator.value] = condition.value
        if filters:
            options["filters"] = filters
        if self.format != DEFAULT_FORMAT:
            options["format"] = self.format
        if dialect := self.dialect.to_options():
            options["dialect"] = dialect
        if self.consistency is not Consistency.PAGES:
            options["consistency"] = self.consistency.value
        return json.dumps(
            options, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )

    @classmethod
    def of_canonical(cls, dataset: Dataset, text: str) -> Self:
        """Return the request whose :attr:`canonical` form is ``text``.

        It was checked when it came: the dataset is still the one that it came for.
        """
        options = json.loads(text)
        headers = options.get("columns", ())
        filters = options.get("filters", {})
        return cls(
            dataset=dataset,
            columns=tuple(dataset.by_header[header] for header in headers)
            or dataset.default_columns,
            conditions=tuple(
                Condition(
                    declared,
                    Operator(operator),
                    tuple(value) if isinstance(value, list) else value,
                )
                for header, declared in dataset.filters_by_header.items()
                for operator, value in filters.get(header, {}).items()
            ),
            format=options.get("format", DEFAULT_FORMAT),
            dialect=Dialect.of_options(options.get("dialect", {})),
            consistency=Consistency(options.get("consistency", Consistency.PAGES)),
        )

    @property
    def headers(self) -> list[str]:
        """The header row's cells."""
        return [column.header for column in self.columns]
