"""Random values of every type, many of them at the edge of what a format can hold.

Each is a text that PostgreSQL reads as a value of the column's type.
"""

import json
import math
import string
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

CONTROLS = "".join(map(chr, [*range(1, 32), 127, 0x85, 0xFFFE, 0xFFFF]))
ALPHABET = (
    string.ascii_letters
    + string.digits * 2
    + " ,;'\"<>&%=+-@._\\/" * 4
    + "\t\r\n" * 8
    + CONTROLS
    + "äöüß€北京😀\u0301\u00a0\u00ad\u200f\u2028\ufeff"
)
PIECES = (
    *("_x0041_", "_x000d_", "_x005F_", '="', "='", 'r="A1"', "</t></is></c>", "]]>"),
    *("&#13;", "&amp;", "\r\n", "\n\r", "\r\r\n", "\t\n", "\n\t", "\x1f", "\x1e\x1e"),
    *("=1+1", "+1", "-1", "@SUM(A1)", "NaN", "Infinity", "null", "\\N", "\\.", "%b"),
    *('"\x1e', "\x1d", "  ", "\\u0000", "1e5", "TRUE", "2024-01-01", "007", "\\"),
)
NUMERICS = (
    *("NaN", "Infinity", "-Infinity", "0", "-0", "0.000", "1", "-1.50", "100.00"),
    *("999999999999999", "-999999999999999.0", "1000000000000000", "9999999999999999"),
    *("0.1", "0.30000000000000004", "123456789012345.6", "12345678901234567890.1"),
    *("9007199254740993", "18446744073709551616", "1e15", "1e16", "1e22", "1e38"),
    *("1e39", "1e300", "1.7e308", "1.8e308", "1e400", "-1e400", "1e-15", "1e-300"),
    *("1e-307", "1e-308", "1e-320", "1e-400", "-1e-400", "0.1000000000000000000000"),
)
INTEGERS = tuple(
    map(str, (0, 2**53 + 1, 2**63 - 1, -(2**63), 10**15 - 1, 10**15, 10**18))
)
FLOATS = (
    *("NaN", "Infinity", "-Infinity", "0", "-0", "0.1", "1e15", "1e16", "1e21"),
    *("1e-5", "1e-300", "1e300", "0.30000000000000004", "9007199254740993"),
    *("2.2250738585072014e-308", "1.7976931348623157e308", "5e-324"),
)
SINGLES = ("NaN", "Infinity", "-Infinity", "0", "-0", "0.1", "1e15", "3.4028235e38")
TIMES = (
    *("-infinity", "infinity", "4713-01-01 00:00:00 BC", "0044-03-15 12:00:00 BC"),
    *("0001-12-31 23:59:59.999999 BC", "0001-01-01 00:00:00", "1582-10-15 00:00:00"),
    *("1893-03-31 23:06:32", "1899-12-30 00:00:00", "1900-02-28 23:59:59.999999"),
    *("1900-03-01 00:00:00", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00"),
    *("2000-02-29 12:00:00", "2024-03-31 02:30:00", "2025-10-26 02:30:00.25"),
    *("2038-01-19 03:14:08", "9999-12-31 22:59:59", "9999-12-31 23:59:59.998999"),
    *("9999-12-31 23:59:59.999999", "10000-01-02", "294276-12-30 23:59:59.999999"),
)
DATES = (
    *("-infinity", "infinity", "4713-01-01 BC", "0044-03-15 BC", "0001-01-01"),
    *("1899-12-31", "1900-02-28", "1900-03-01", "1970-01-01", "2024-02-29"),
    *("9999-12-31", "10000-01-01", "5874897-12-31"),
)
INTERVALS = ("0", "1 mon -2 days 03:04:05.6", "-178000000 years", "00:00:00.000001")
WORDS = ("draft", "sent", "paid")
LENGTHS = (32_766, 32_767, 32_768, 40_000)


LENGTHS = (32_766, 32_767, 32_768, 40_000)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Draw = Callable[[Random], str]


def text(source: Random) -> str:
    if source.random() < 0.005:
        # A character of two UTF-16 units may stand where the cell ends.
        return source.choice("xä😀") * source.choice(LENGTHS)
    pieces = source.choices(PIECES, k=source.randint(0, 2))
    pieces += source.choices(ALPHABET, k=source.randint(0, 30))
    source.shuffle(pieces)
    return "".join(pieces)


def numeric(source: Random) -> str:
    digits = "".join(source.choices(string.digits, k=source.randint(1, 30)))
    point = source.randint(0, len(digits))
    return f"{source.choice(('', '-'))}0{digits[:point]}.{digits[point:]}0"


def integer(source: Random) -> str:
    bits = source.randint(1, 63)
    return str(source.getrandbits(bits) * source.choice((1, -1)))


def double(source: Random) -> str:
    return _finite(source, "d")


def single(source: Random) -> str:
    return _finite(source, "f")


def moment(source: Random) -> str:
    first, last = source.choice(((1, 9999), (1895, 1905), (1970, 2100)))
    days = (datetime(last, 12, 31, tzinfo=UTC) - EPOCH).days
    before = (datetime(first, 1, 1, tzinfo=UTC) - EPOCH).days
    at = EPOCH + timedelta(
        days=source.randint(before, days),
        microseconds=source.choice((0, 1000, 1)) * source.randrange(86_400_000),
    )
    return at.replace(tzinfo=None).isoformat(" ")


def day(source: Random) -> str:
    return moment(source)[:10]


def structure(source: Random) -> str:
    return json.dumps(_nested(source, 3), ensure_ascii=source.random() < 0.5)


def interval(source: Random) -> str:
    return f"{source.randint(-30, 30)} mon {source.randint(-(10**9), 10**9)} us"


def word(source: Random) -> str:
    return source.choice(WORDS)


def flag(source: Random) -> str:
    return source.choice(("true", "false"))


def value(source: Random, draw: Draw, edges: Sequence[str] = ()) -> str | None:
    """Return NULL, a value at an edge, or any."""
    luck = source.random()
    if luck < 0.1:
        return None
    if edges and luck < 0.3:
        return source.choice(edges)
    return draw(source)


def _finite(source: Random, form: str) -> str:
    found = math.nan
    while not math.isfinite(found):
        bits = source.randbytes(struct.calcsize(form))
        (found,) = struct.unpack(form, bits)
    return repr(found)


def _nested(source: Random, depth: int) -> Any:
    kind = source.randint(0, 6 if depth else 4)
    if kind == 5:
        return [_nested(source, depth - 1) for _ in range(source.randint(0, 3))]
    if kind == 6:
        names = source.choices(PIECES, k=source.randint(0, 3))
        # jsonb has no U+0000.
        return {
            name.replace("\\u0000", "u"): _nested(source, depth - 1) for name in names
        }
    simple = (None, True, source.randint(-99, 99), 0.5, text(source)[:40])
    return simple[kind]
