"""Dialects of CSV, and the presets that people choose them by."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from msgspec.structs import replace

from invoice_export.records import Record

UTC = "UTC"


class Delimiter(StrEnum):
    """What stands between two cells, as requests spell it."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"

    @property
    def character(self) -> str:
        return {"comma": ",", "semicolon": ";", "tab": "\t"}[self.value]


class Dialect(Record):
    """How a file is written beyond its format; the default is RFC 4180 in UTC.

    ``time_zone`` is an IANA name. Every format has times; the others are CSV's.
    """

    delimiter: Delimiter = Delimiter.COMMA
    byte_order_mark: bool = False
    time_zone: str = UTC

    def to_options(self) -> dict[str, str | bool]:
        """Return what differs from the default, as requests spell it."""
        options: dict[str, str | bool] = {}
        if self.delimiter is not Delimiter.COMMA:
            options["delimiter"] = self.delimiter.value
        if self.byte_order_mark:
            options["byteOrderMark"] = True
        if self.time_zone != UTC:
            options["timeZone"] = self.time_zone
        return options

    @classmethod
    def of_options(cls, options: Mapping[str, Any]) -> Self:
        """Return the dialect of :meth:`to_options`."""
        return cls(
            delimiter=Delimiter(options.get("delimiter", Delimiter.COMMA)),
            byte_order_mark=options.get("byteOrderMark", False),
            time_zone=options.get("timeZone", UTC),
        )

    def with_options(
        self,
        *,
        delimiter: Delimiter | None,
        byte_order_mark: bool | None,
        time_zone: str | None,
    ) -> Self:
        """Return the dialect with what is given; None leaves it as it is."""
        given: dict[str, Any] = {
            "delimiter": delimiter,
            "byte_order_mark": byte_order_mark,
            "time_zone": time_zone,
        }
        return replace(self, **{k: v for k, v in given.items() if v is not None})


class Preset(StrEnum):
    """A named dialect."""

    RFC4180 = "rfc4180"
    EXCEL = "excel"

    @property
    def label(self) -> str:
        """What people call it."""
        return {"rfc4180": "Programs", "excel": "European spreadsheets"}[self.value]

    @property
    def about(self) -> str:
        """Whom it is for, in one line."""
        return {
            "rfc4180": "Commas, times in UTC: for programs",
            "excel": "Semicolons, times in your time zone: for double-clicking in "
            "European spreadsheets",
        }[self.value]

    def dialect(self, time_zone: str) -> Dialect:
        """Return the dialect; ``time_zone`` is the caller's."""
        if self is Preset.EXCEL:
            return Dialect(
                delimiter=Delimiter.SEMICOLON,
                byte_order_mark=True,
                time_zone=time_zone,
            )
        return Dialect()
