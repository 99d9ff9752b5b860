"""Reads a file once to learn how its amounts and times are written."""

from collections.abc import Mapping
from itertools import islice

from local.loader import amounts, times
from local.loader.columns import AMOUNTS, TIMES
from local.loader.guess import Guess
from local.loader.problems import CsvError, Problems, listed
from local.loader.rules import EVERY, Rules
from local.loader.table import Table

# Few enough to spare the garbage collector.
ROWS_AT_ONCE = 500
# The header of an export. Its amounts have a decimal point.
EXPORTED = "id,number,customerName,status,total,currency,createdAt,dueAt"


def survey(table: Table, rules: Rules) -> Mapping[str, str]:
    """Return the decimal mark of each amount column and the order of each time column.

    Raises CsvError that lists every column for which the caller must choose.
    """
    forms = _declared(table, rules)
    guesses = {
        name: _guess(name)
        for name in (*AMOUNTS, *TIMES)
        if name in table.columns.places and name not in forms
    }
    _show(table, guesses)
    undecided = []
    for name, guess in guesses.items():
        try:
            forms[name] = guess.decide()
        except CsvError as exc:
            undecided.append(str(exc))
    if undecided:
        raise CsvError(f"{table.source.path}: nothing was loaded.\n{listed(undecided)}")
    return forms


def _declared(table: Table, rules: Rules) -> dict[str, str]:
    is_export = table.delimiter.join(table.columns.header) == EXPORTED
    forms: dict[str, str] = {}
    for names, declared, exported in (
        (AMOUNTS, rules.decimal, amounts.POINT),
        (TIMES, rules.dates, times.YMD),
    ):
        for name in names:
            form = declared.get(name) or declared.get(EVERY)
            if form or is_export:
                forms[name] = form or exported
    return forms


def _guess(name: str) -> Guess:
    if name in AMOUNTS:
        return Guess(name, "--decimal", amounts.MARKS, amounts.readings)
    return Guess(name, "--dates", times.ORDERS, times.evidence)


def _show(table: Table, guesses: Mapping[str, Guess]) -> None:
    """Show all values to the guesses."""
    places = table.columns.places
    rows = table.rows(Problems())
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        lines = [line for line, _ in batch]
        for name, guess in guesses.items():
            guess.see([row[places[name]] for _, row in batch], lines)
