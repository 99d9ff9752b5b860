"""The values of a request's filters: a model for each kind."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from invoice_export.contracts.wire import Wire
from invoice_export.domain.dataset import Kind
from invoice_export.domain.instants import read_date, read_instant


def refused(message: str, *inside: str) -> PydanticCustomError:
    """``inside`` leads from the value that is validated to the one at fault."""
    # As context: braces in the message itself would be taken for names.
    return PydanticCustomError(
        "unacceptable", "{text}", {"text": message, "inside": inside}
    )


def _read(reader: Callable[[str], date]) -> BeforeValidator:
    """Return a validator that reads a text; its own results pass."""

    def read(value: object) -> object:
        if isinstance(value, date):
            return value
        try:
            return reader(str(value))
        except ValueError as exc:
            raise refused(str(exc)) from None

    return BeforeValidator(read, json_schema_input_type=str)


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise refused("Input should be a number")
    return value


Instant = Annotated[date | datetime, _read(read_instant)]
Day = Annotated[date, _read(read_date)]
Number = Annotated[
    Decimal, Field(max_digits=60, decimal_places=30), BeforeValidator(_number)
]
FilterText = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Body(Wire):
    """Base of what callers send: a key has one spelling."""

    model_config = ConfigDict(populate_by_name=False)


class FilterModel(Body):
    """Base of the values of one filter."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.comparisons:
            names = " or ".join(
                f"'{field.alias or name}'"
                for name, field in type(self).model_fields.items()
            )
            raise refused(f"Set {names}")
        return self

    @property
    def comparisons(self) -> dict[str, Any]:
        """The values that are set, by the operators' names."""
        return self.model_dump(by_alias=True, exclude_none=True)


class NumberRange(FilterModel):
    """Numbers from ``min`` to ``max``, both included."""

    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise refused("'min' should not be greater than 'max'")
        return self


class TimeRange(FilterModel):
    """Times from ``from`` up to ``to``, which is excluded. A date is its midnight."""

    from_: Annotated[Instant | None, Field(alias="from")] = None
    to: Instant | None = None


class DateRange(FilterModel):
    """Dates from ``from`` up to ``to``, which is excluded."""

    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.from_ and self.to and self.from_ >= self.to:
            raise refused("'from' should be before 'to'")
        return self


class TextMatch(FilterModel):
    """Text that equals, or begins with; upper and lower case differ."""

    equals: FilterText | None = None
    starts_with: FilterText | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if self.equals is not None and self.starts_with is not None:
            raise refused("Set 'equals' or 'startsWith', not both")
        return self


class YesOrNo(FilterModel):
    """Yes or no."""

    is_: Annotated[StrictBool | None, Field(alias="is")] = None


MODELS: dict[Kind, type[FilterModel]] = {
    Kind.NUMBER: NumberRange,
    Kind.TIME: TimeRange,
    Kind.LOCAL_TIME: TimeRange,
    Kind.DATE: DateRange,
    Kind.TEXT: TextMatch,
    Kind.BOOLEAN: YesOrNo,
}
