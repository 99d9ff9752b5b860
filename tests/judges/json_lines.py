"""Independent readers of JSON lines: rows of values, in the columns' order."""

# ruff: noqa: PLC0415 - a judge may be missing, so it is imported only when it runs

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from tests.judges.readers import module, program

Rows = Iterable[list[Any]]
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

exactly = partial(json.loads, parse_float=Decimal, parse_int=Decimal)


def _accepts(row: list[Any]) -> bool:
    return True


@dataclass(frozen=True)
class Judge:
    """A reader, and what it cannot hold."""

    read: Callable[[Path], Rows]
    missing: Callable[[], str | None]
    # Whether it computes with doubles; those with a fraction, or all.
    doubles: Callable[[Decimal], bool]
    # Whether it reads the file at all with this row in it.
    accepts: Callable[[list[Any]], bool] = _accepts
    # Whether every value is a text.
    spells: bool = False

    def same(self, seen: Any, true: Any) -> bool:
        """Return whether it sees a value, but for what it cannot hold."""
        if isinstance(true, datetime):
            found = RFC_3339.fullmatch(str(seen))
            return bool(found) and datetime.fromisoformat(seen) == true
        if true is None or isinstance(true, str):
            return type(seen) is type(true) and bool(seen == true)
        if self.spells and isinstance(true, list | dict):
            return bool(seen == _bare(true))
        if self.spells and isinstance(seen, str):
            seen = exactly(seen)
        if isinstance(true, bool):
            return seen is true
        if isinstance(true, Decimal):
            return self._same_number(seen, true)
        return self._same_structure(seen, true)

    def _same_number(self, seen: Any, true: Decimal) -> bool:
        if isinstance(seen, bool) or not isinstance(seen, Decimal | int | float):
            return False
        if self.doubles(true):
            return _double(Decimal(seen)) == _double(true)
        return bool(seen == true)

    def _same_structure(self, seen: Any, true: Any) -> bool:
        if type(seen) is not type(true) or len(seen) != len(true):
            return False
        if isinstance(true, dict):
            return list(seen) == list(true) and self._same_structure(
                list(seen.values()), list(true.values())
            )
        pairs = zip(seen, true, strict=True)
        return all(self.same(*pair) for pair in pairs)


def _bare(value: Any) -> str:
    """Return a structure as polars makes a text of it, with few escapes."""
    if isinstance(value, list):
        return f"[{', '.join(map(_bare, value))}]"
    if isinstance(value, dict):
        pairs = (f'"{name}": {_bare(each)}' for name, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, str):
        for character, escape in {'"': '\\"', "\n": "\\n", "\r": "\\r"}.items():
            value = value.replace(character, escape)
        return f'"{value}"'
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def _double(number: Decimal) -> float:
    """Return the nearest double; jq knows no infinity."""
    limit = sys.float_info.max
    return min(max(float(number), -limit), limit)


def names_of(path: Path) -> list[str]:
    """Return the columns' names."""
    with path.open("rb") as file:
        return list(json.loads(file.readline()))


def with_json(path: Path) -> Rows:
    # In bytes: a text may hold a line separator of Unicode.
    with path.open("rb") as file:
        for line in file:
            yield list(exactly(line).values())


def with_jq(path: Path) -> Rows:
    command = ["jq", "-c", "[.[]]", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as done:
        assert done.stdout is not None
        yield from map(exactly, done.stdout)
    assert done.returncode == 0


def with_pandas(path: Path) -> Rows:
    import pandas

    frame = pandas.read_json(path, lines=True, dtype=False, precise_float=True)
    frame = frame.astype(object)
    frame = frame.where(frame.notna(), None)
    return map(list, frame.itertuples(index=False, name=None))


def with_polars(path: Path) -> Rows:
    """Read every value as a text: a column has one type."""
    import polars

    schema = dict.fromkeys(names_of(path), polars.String)
    return map(list, polars.read_ndjson(path, schema=schema).iter_rows())


def with_duckdb(path: Path) -> Rows:
    import duckdb

    columns = ", ".join(f"'{name}': 'JSON'" for name in names_of(path))
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT * FROM read_json(?, columns = {{{columns}}},"
            " format = 'newline_delimited')",
            [str(path)],
        )
        while rows := found.fetchmany(10_000):
            for row in rows:
                yield [None if cell is None else exactly(cell) for cell in row]


def _never(number: Decimal) -> bool:
    return False


def _always(number: Decimal) -> bool:
    return True


def _with_a_fraction(number: Decimal) -> bool:
    """Return whether it is spelled with a point, or with an exponent."""
    return number.as_tuple().exponent != 0


def _maybe_a_double(number: Decimal) -> bool:
    """Return whether it may be spelled with a point or an exponent.

    PostgreSQL spells a double of 17 digits as -7.0679895500829376e+16, which is a whole
    Decimal.
    """
    return _with_a_fraction(number) or Decimal(float(number)) == number


def _numbers_of(row: list[Any]) -> list[Decimal]:
    return [value for value in row if isinstance(value, Decimal)]


def _fits_64_bits(row: list[Any]) -> bool:
    """Return whether all digits before a point fit, and no double loses precision."""
    return not any(
        0 < abs(number) < sys.float_info.min
        or (number.as_tuple().exponent <= 0 and not -(2**63) <= int(number) < 2**64)
        for number in _numbers_of(row)
    )


def _fits_128_bits(row: list[Any]) -> bool:
    return all(
        -(2**127) <= number < 2**128
        for number in _numbers_of(row)
        if not _with_a_fraction(number)
    )


JUDGES = {
    "json": Judge(with_json, lambda: None, _never),
    "jq": Judge(with_jq, program("jq", "apt-get install jq"), _always),
    "pandas": Judge(with_pandas, module("pandas"), _always, _fits_64_bits),
    "polars": Judge(
        with_polars, module("polars"), _maybe_a_double, _fits_128_bits, spells=True
    ),
    "duckdb": Judge(with_duckdb, module("duckdb"), _maybe_a_double),
}
