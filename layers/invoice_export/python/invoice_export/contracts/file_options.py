"""Options of the file in a request: its format and its dialect."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, StrictBool, StringConstraints

from invoice_export import formats
from invoice_export.contracts.filters import Body, refused
from invoice_export.domain.dialects import Delimiter
from invoice_export.domain.instants import is_zone


def _zone(name: str) -> str:
    if not is_zone(name):
        raise refused("Input should be a time zone, like UTC or Europe/Berlin")
    return name


TimeZone = Annotated[str, StringConstraints(max_length=64), BeforeValidator(_zone)]


if TYPE_CHECKING:
    FormatName = str
else:
    # The names are known at run time only.
    FormatName = Literal[tuple(formats.ALL)]


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
