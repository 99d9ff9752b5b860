"""Reads cells that are neither amounts nor times."""

import re
from collections.abc import Mapping

from local.loader.rules import CURRENCY, STATUSES

ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def guards(delimiter: str) -> re.Pattern[str]:
    """Match the apostrophes with which an export guards against formulas.

    They are at the beginning of a text, or after a character that ends a cell for a
    reader with another separator.
    """
    ends = "".join(end for end in ",;\t" if end != delimiter)
    return re.compile(rf"""^'(?=[=+\-@\t\r\n])|(?<=[{ends}\r\n])'(?="*[=+\-@])""")


def currency(value: str) -> str:
    """Read a currency: three letters, returned in capitals."""
    if not CURRENCY.fullmatch(value):
        raise ValueError(f"currency {value!r} is not three letters")
    return value.upper()


def row_id(value: str) -> str:
    """Read an invoice's id, which is a UUID."""
    if not ID.fullmatch(value.strip()):
        raise ValueError(f"id {value!r} is not a UUID")
    return value.strip()


def known_statuses(mapped: Mapping[str, str]) -> dict[str, str]:
    """Return the status for each word, which is trimmed and in lower case."""
    own = {status: status for status in STATUSES}
    return own | {word.strip().casefold(): status for word, status in mapped.items()}
