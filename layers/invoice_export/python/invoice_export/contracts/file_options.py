"""Options of the file in a request: its format and its dialect."""

from contextlib import suppress
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictBool, StringConstraints
from pydantic_core import PydanticKnownError, core_schema

from invoice_export import formats
from invoice_export.contracts.filters import Body, refused
from invoice_export.domain.dialects import Delimiter
from invoice_export.domain.instants import is_zone


def _zone(name: str) -> str:
    if not is_zone(name):
        raise refused("Input should be a time zone, like UTC or Europe/Berlin")
    return name


TimeZone = Annotated[str, StringConstraints(max_length=64), BeforeValidator(_zone)]


class _KnownFormat:
    """Refuses a value as a ``Literal`` of all names would.

    For that, every format had to be loaded first. This loads the one that is named.
    """

    def __get_pydantic_core_schema__(self, *_: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(_format_name)

    def __get_pydantic_json_schema__(self, *_: Any) -> dict[str, Any]:
        return {"type": "string", "enum": list(formats.load())}


def _format_name(value: object) -> str:
    if isinstance(value, str):
        with suppress(KeyError):
            return formats.of(value).name
    *others, last = map(repr, formats.load())
    expected = f"{', '.join(others)} or {last}"
    raise PydanticKnownError("literal_error", {"expected": expected})


FormatName = Annotated[str, _KnownFormat()]


class DialectOptions(Body):
    """How the file is written beyond its format."""

    delimiter: Annotated[
        Delimiter | None, Field(description="Between two cells of CSV")
    ] = None
    byte_order_mark: Annotated[
        StrictBool | None,
        Field(description="Three bytes that tell Excel that CSV is UTF-8"),
    ] = None
    time_zone: Annotated[
        TimeZone | None,
        Field(
            description="The zone of the file's times; in a workbook, without offset"
        ),
    ] = None
