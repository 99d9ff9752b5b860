"""Reads dates and times: ISO 8601 and the forms that spreadsheets write."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

from local.loader.guess import Readings

YMD, DMY, MDY = "ymd", "dmy", "mdy"
ORDERS = (YMD, DMY, MDY)
# Years of two digits are 1969 to 2068, as in POSIX.
FIRST_OF_1900 = "69"
HALF_DAY = 12

_FORM = re.compile(
    r"(?P<a>[0-9]{1,4})(?P<mark>[-./])(?P<b>[0-9]{1,2})(?P=mark)(?P<c>[0-9]{1,4})"
    r"(?:(?:T|,? +)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    r"(?:[ \u00a0\u202f]?(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?: ?(?P<zone>[Zz]|UTC|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
)
# The form of most files, and of every export.
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?(?P<zone>Z?)"
)
_IN_ISO = {YMD: "ISO 8601"}
_CUT = re.compile(r":[0-9]{2}[.,][0-9]{6}([0-9]+)")
_COMPACT = re.compile(
    r"(?P<a>[0-9]{4})(?P<b>[0-9]{2})(?P<c>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})Z?)?"
)
# PostgreSQL's form for times that RFC 3339 cannot express; an export may have it.
_BEYOND = re.compile(
    r"(?P<year>[0-9]{4,6})(?P<day>-[0-9]{2}-[0-9]{2})"
    r" (?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)(?P<era> BC)?"
)
_INFINITE = ("infinity", "-infinity")
_LAST_YEAR, _FIRST_YEAR_BC = 294_276, 4_713
# The calendar repeats after so many years.
_CYCLE = 400


@lru_cache(maxsize=10_000)
def readings(value: str) -> Readings:
    """Return what a time means in each order of day, month and year that fits it.

    A time without an offset is UTC. Digits beyond microseconds are cut off.
    """
    text = value.strip()
    if text in _INFINITE:
        return dict.fromkeys(ORDERS, text)
    if found := _FORM.fullmatch(text):
        return dict(_in_each_order(found.groupdict()))
    if found := _COMPACT.fullmatch(text):
        return dict(
            _in_order(YMD, found["a"], found["b"], found["c"], found.groupdict())
        )
    if found := _BEYOND.fullmatch(text):
        return dict(_beyond(found))
    return {}


def evidence(value: str) -> Readings:
    """Like ``readings``, but fast: it does not check that an ISO day exists."""
    return _IN_ISO if _ISO.fullmatch(value) else readings(value)


@lru_cache(maxsize=10_000)
def time(value: str, order: str) -> tuple[str, bool]:
    """Read a time in an order, or by a pattern for strptime if it contains a %.

    Returns the time for PostgreSQL, and whether digits beyond microseconds were cut
    off. Raises ValueError that says what is accepted.
    """
    if "%" in order:
        return _by_pattern(value.strip(), order), False
    if order == YMD and (found := _ISO.fullmatch(value)) and _exists(value):
        return value if found["zone"] else f"{value}+00", False
    meaning = readings(value).get(order)
    if meaning is None:
        raise ValueError(
            f"{value!r} is not a time in the order {order}: write it like 2025-12-31,"
            " 2025-12-31T08:26:00Z, 31.12.2025 (dmy) or 12/31/2025 8:26 AM (mdy)"
        )
    cut = _CUT.search(value)
    return meaning, cut is not None and bool(cut[1].strip("0"))


def _exists(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


Parts = dict[str, str | None]


def _in_each_order(parts: Parts) -> Iterator[tuple[str, str]]:
    a, b, c = parts["a"] or "", parts["b"] or "", parts["c"] or ""
    yield from _in_order(YMD, a, b, c, parts)
    yield from _in_order(DMY, c, b, a, parts)
    yield from _in_order(MDY, c, a, b, parts)


def _in_order(
    order: str, year: str, month: str, day: str, parts: Parts
) -> Iterator[tuple[str, str]]:
    if len(year) == len("25"):
        year = ("19" if year >= FIRST_OF_1900 else "20") + year
    text = f"{year}-{month:0>2}-{day:0>2}T{_clock(parts)}"
    # This also rejects a year of one digit, or a month of four.
    try:
        yield order, datetime.fromisoformat(text).isoformat()
    except ValueError:
        return


def _clock(parts: Parts) -> str:
    hour, zone = parts["hour"] or "00", (parts.get("zone") or "Z").upper()
    if half := parts.get("half"):
        # Hours run from 1 to 12 here. An empty clock makes the time invalid.
        if int(hour) not in range(1, HALF_DAY + 1):
            return ""
        hour = str(int(hour) % HALF_DAY + (HALF_DAY if half in "Pp" else 0))
    minute, second = parts["minute"] or "00", parts["second"] or "00"
    fraction = parts.get("fraction") or "0"
    return f"{hour:0>2}:{minute}:{second}.{fraction}{zone.replace('UTC', 'Z')}"


def _beyond(found: re.Match[str]) -> Iterator[tuple[str, str]]:
    """Read years that datetime cannot hold, checked in a year of the same calendar."""
    year, era = int(found["year"]), found["era"] or ""
    if not 1 <= year <= (_FIRST_YEAR_BC if era else _LAST_YEAR):
        return
    like = 2000 + (1 - year if era else year) % _CYCLE
    try:
        datetime.fromisoformat(f"{like}{found['day']}T{found['clock']}Z")
    except ValueError:
        return
    yield YMD, f"{found['year']}{found['day']} {found['clock']}+00{era}"


def _by_pattern(value: str, pattern: str) -> str:
    try:
        # strptime accepts digits of every script.
        value.encode("ascii")
        if "%z" in pattern:
            return datetime.strptime(value, pattern).astimezone(UTC).isoformat()
        return datetime.strptime(value, pattern).replace(tzinfo=UTC).isoformat()
    except ValueError:
        raise ValueError(f"{value!r} is not a time of the form {pattern}") from None
