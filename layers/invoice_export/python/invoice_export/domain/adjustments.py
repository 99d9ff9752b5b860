"""Values that a file holds in another form than the database, and their number."""

import json
from collections import Counter
from enum import StrEnum


class Adjustment(StrEnum):
    """Why a value was written the nearest way, as the manifest names it."""

    # A time without a form in RFC 3339, or in a workbook: written as PostgreSQL does.
    UNUSUAL_TIME = "unusualTimes"
    # A cell with characters that XML cannot hold: each became _xHHHH_.
    CONTROL_CHARACTER = "controlCharacters"
    # A cell longer than a workbook's cell can be: cut.
    LONG_TEXT = "longTexts"
    # A number with more digits than a spreadsheet keeps: written as text.
    LONG_NUMBER = "longNumbers"
    # NaN or an infinity, where the format has no such number: written as text.
    NOT_FINITE = "notFinite"


Adjustments = Counter[Adjustment]


def to_text(adjusted: Adjustments) -> str:
    """Return the counts as JSON, for the metadata of a part."""
    return json.dumps(dict(sorted((+adjusted).items())), separators=(",", ":"))


def from_text(text: str) -> dict[str, int]:
    """Return the counts that :func:`to_text` wrote."""
    counts: dict[str, int] = json.loads(text)
    return counts
