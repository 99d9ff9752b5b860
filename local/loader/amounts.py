"""Reads amounts: digits, one sign, one decimal mark and groups of three digits."""

import re
from decimal import Context, Decimal
from functools import lru_cache

from local.loader.guess import Readings

POINT, COMMA = "point", "comma"
MARKS = (POINT, COMMA)
# Far more than any invoice needs, and less than PostgreSQL can store.
MAX_LENGTH = 1_000
EXACT = Context(prec=2 * MAX_LENGTH)

# A group never begins with 0, so 0.940 is not 940. Many countries group digits with a
# space, of three kinds, or an apostrophe.
_FORM = (
    r"(?P<sign>[-+\u2212]?)"
    r"(?:(?P<whole>[0-9]+|[1-9][0-9]{{0,2}}(?P<mark>[{other}'\u2019 \u00a0\u202f])"
    r"[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*)?"
    r"(?:{decimal}(?P<part>[0-9]+))?)"
)
_FORMS = {
    POINT: re.compile(_FORM.format(decimal=r"\.", other=",")),
    COMMA: re.compile(_FORM.format(decimal=",", other=r"\.")),
}
_WHOLE = re.compile(r"-?[0-9]+")
_WITH_POINT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_OUTSIDE_DIGITS = re.compile(r"[^0-9]+")


@lru_cache(maxsize=10_000)
def readings(value: str) -> Readings:
    """Return what an amount means with each decimal mark, in PostgreSQL's form."""
    text = value.strip()
    if len(text) > MAX_LENGTH:
        return {}
    if _WHOLE.fullmatch(text):
        return dict.fromkeys(MARKS, text)
    fits: dict[str, str] = {}
    for mark, form in _FORMS.items():
        found = form.fullmatch(text)
        if found and (found["whole"] or found["part"]):
            sign = "-" if found["sign"] in ("-", "\u2212") else ""
            whole = _OUTSIDE_DIGITS.sub("", found["whole"] or "0")
            part = f".{found['part']}" if found["part"] else ""
            fits[mark] = f"{sign}{whole}{part}"
    return fits


@lru_cache(maxsize=10_000)
def amount(value: str, mark: str) -> str:
    """Read an amount. Raises ValueError that says what is accepted."""
    if mark == POINT and len(value) < MAX_LENGTH and _WITH_POINT.fullmatch(value):
        return value
    meaning = readings(value).get(mark)
    if meaning is None:
        example = "1234.56 or 1,234.56" if mark == POINT else "1234,56 or 1.234,56"
        raise ValueError(
            f"{value!r} is not an amount: write it like {example}, with no currency"
            " sign, letter or exponent"
        )
    return meaning


@lru_cache(maxsize=10_000)
def product(quantity: str, price: str) -> str:
    """Multiply exactly what ``amount`` returned."""
    return f"{EXACT.multiply(Decimal(quantity), Decimal(price)):f}"
