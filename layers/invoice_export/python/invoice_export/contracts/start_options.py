"""What every request for an export may say, whichever dataset it is for."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from invoice_export import formats
from invoice_export.contracts.file_options import (
    DialectOptions,
    FormatName,
    TimeZone,
)
from invoice_export.contracts.filters import Body, FilterModel, TimeRange, refused
from invoice_export.domain.dataset import Dataset
from invoice_export.domain.dialects import UTC, Dialect, Preset
from invoice_export.domain.instants import as_utc
from invoice_export.domain.requests import (
    DEFAULT_FORMAT,
    Condition,
    ExportRequest,
    Operator,
)
from invoice_export.domain.runs import Consistency


class StartOptions(Body):
    """Body of a start; without a body, the plain export of the default dataset."""

    declared: ClassVar[Dataset]

    time_zone: Annotated[
        TimeZone,
        Field(description="The zone of dates and times without an offset"),
    ] = UTC
    format: Annotated[
        FormatName,
        Field(description="What `GET …/datasets` lists says whom each format is for"),
    ] = DEFAULT_FORMAT
    preset: Annotated[
        Preset | None,
        Field(
            description="A named dialect of CSV; without one, the deployment's default"
        ),
    ] = None
    dialect: Annotated[
        DialectOptions | None,
        Field(description="Overrides parts of the preset"),
    ] = None
    consistency: Annotated[
        Consistency,
        Field(description="snapshot: every row as of one moment, read by one worker"),
    ] = Consistency.PAGES

    @model_validator(mode="after")
    def _times_are_in_order(self) -> Self:
        for name, values in self._set_filters():
            if isinstance(values, TimeRange) and values.from_ and values.to:
                begins, ends = (
                    as_utc(instant, self.time_zone)
                    for instant in (values.from_, values.to)
                )
                if begins >= ends:
                    reversed_range = "'from' should be before 'to'"
                    raise refused(reversed_range, "filters", name)
        return self

    @model_validator(mode="after")
    def _dialect_is_one_of_the_format(self) -> Self:
        if formats.of(self.format).has_dialects:
            return self
        if self.preset:
            raise refused(f"Only CSV has presets, not {self.format}", "preset")
        if self.dialect:
            for name in ("delimiter", "byteOrderMark"):
                if name in self.dialect.model_dump(by_alias=True, exclude_none=True):
                    raise refused(
                        f"Only CSV has one, not {self.format}", "dialect", name
                    )
        return self

    def to_request(self, default_preset: Preset = Preset.RFC4180) -> ExportRequest:
        """Return the request, with its values in canonical form.

        ``default_preset`` is the dialect of a CSV file whose request names no preset.
        """
        dataset = self.declared
        headers: list[str] | None = getattr(self, "columns", None)
        columns = tuple(dataset.by_header[header] for header in headers or ())
        return ExportRequest(
            dataset=dataset,
            columns=columns or dataset.default_columns,
            conditions=tuple(self._conditions()),
            format=self.format,
            dialect=self._chosen_dialect(default_preset),
            consistency=self.consistency,
            asked=self.model_dump(
                mode="json", by_alias=True, exclude_unset=True, exclude_none=True
            ),
        )

    def _chosen_dialect(self, default_preset: Preset) -> Dialect:
        has_dialects = formats.of(self.format).has_dialects
        preset = self.preset or (default_preset if has_dialects else Preset.RFC4180)
        dialect = preset.dialect(self.time_zone)
        if self.dialect is None:
            return dialect
        return dialect.with_options(**self.dialect.model_dump())

    def _conditions(self) -> Iterator[Condition]:
        filters = self.declared.filters_by_header
        for name, values in self._set_filters():
            for operator, value in sorted(values.comparisons.items()):
                yield Condition(
                    filters[name],
                    Operator(operator),
                    as_utc(value, self.time_zone)
                    if isinstance(values, TimeRange)
                    else _canonical(value),
                )

    def _set_filters(self) -> Iterator[tuple[str, FilterModel]]:
        filters = getattr(self, "filters", None)
        if filters is None:
            return
        for name, field in type(filters).model_fields.items():
            values = getattr(filters, name)
            if values is not None:
                yield field.alias or name, values


def _canonical(value: Any) -> str | bool | tuple[str, ...]:
    if isinstance(value, bool):
        return value
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")
    if isinstance(value, list):
        return tuple(sorted(set(value)))
    return str(value)
