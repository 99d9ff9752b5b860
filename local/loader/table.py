"""The rows below a CSV's header, each with the line on which it begins."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from local.loader.columns import ColumnError, Columns, find_columns, recognised
from local.loader.problems import CsvError, Problems, Tally
from local.loader.rules import DELIMITERS, Rules
from local.loader.source import Source

# The longest cell; an unclosed quote is noticed here at the latest.
MAX_CELL = 16 * 1024 * 1024
# So many lines are searched for a header.
LINES_SEARCHED = 30
# A row with this many known names looks like a header.
LOOKS_LIKE_HEADER = 2
DECLARES_DELIMITER = "sep="


@dataclass
class Table:
    """A file with a header that was understood."""

    source: Source
    delimiter: str
    header_line: int
    columns: Columns
    blank: Tally = field(default_factory=Tally, init=False)

    def rows(self, problems: Problems) -> Iterator[tuple[int, list[str]]]:
        """Yield rows that have a value; add the errors of other rows to ``problems``.

        Raises CsvError if the text cannot be decoded.
        """
        self.blank = Tally()
        width = len(self.columns.header)
        records = _records(self.source, self.delimiter, self.header_line)
        next(records)
        for line, row in records:
            if isinstance(row, str):
                problems.add(line, row)
            elif not row or (not row[0].strip() and not "".join(row).strip()):
                self.blank.add(line)
            elif len(row) != width:
                problems.add(line, f"{len(row)} values, the header has {width}")
            else:
                yield line, row


def open_table(source: Source, rules: Rules) -> Table:
    """Find the header. Raises CsvError that says what was found instead."""
    delimiter, first_line = rules.delimiter or ",", rules.header_line or 1
    if rules.header_line is None:
        declared = _declared_delimiter(source)
        if declared:
            delimiter, first_line = rules.delimiter or declared, 2
    for line, row in _records(source, delimiter, first_line):
        if isinstance(row, str):
            raise CsvError(f"{source.path}, line {line}: {row}")
        if "".join(row).strip():
            return _table(source, rules, delimiter, line, row)
        if rules.header_line is not None:
            break
    if rules.header_line is not None:
        raise CsvError(f"{source.path}, line {first_line}: there is no header.")
    raise CsvError(f"{source.path} is empty.")


def _table(
    source: Source, rules: Rules, delimiter: str, line: int, row: list[str]
) -> Table:
    try:
        columns = find_columns(row, rules)
    except ColumnError as exc:
        told = _found_elsewhere(source, rules, delimiter, line)
        told = told or f"this header cannot be used.\n{exc}"
        raise CsvError(f"{source.path}, line {line}: {told}") from exc
    return Table(source, delimiter, line, columns)


def _found_elsewhere(
    source: Source, rules: Rules, delimiter: str, line: int
) -> str | None:
    """Say where the header seems to be instead, and which options read it."""
    seen: list[tuple[int, int, str, list[str]]] = []
    with source.text() as text:
        for at, content in enumerate(islice(text, LINES_SEARCHED), start=1):
            for separator in (delimiter, *DELIMITERS.values()):
                row = next(csv.reader([content], delimiter=separator), [])
                seen.append((recognised(row, rules), at, separator, row))
    names, at, separator, row = max(
        seen, key=lambda one: (one[0], one[1:3] == (line, delimiter), -one[1])
    )
    if names < LOOKS_LIKE_HEADER or (at, separator) == (line, delimiter):
        return None
    told, options = [], []
    if at != line:
        told.append(f"line {at} looks like the header")
        options.append(f"--header-line {at}")
    if separator != delimiter:
        told.append(f"the header is separated by {separator!r}, not {delimiter!r}")
        name = next(name for name, it in DELIMITERS.items() if it == separator)
        options.append(f"--delimiter {name}")
    advice = f"{'; '.join(told)}: say {' '.join(options)}."
    try:
        find_columns(row, rules)
    except ColumnError as exc:
        advice += f" It needs more than that.\n{exc}"
    return advice


def _declared_delimiter(source: Source) -> str | None:
    """Return what Excel's first line ``sep=;`` says, if there is one."""
    with source.text() as text:
        line = text.readline().strip('\r\n \ufeff"')
    if line.lower().startswith(DECLARES_DELIMITER) and len(line) == len("sep=;"):
        return line[-1]
    return None


def _records(
    source: Source, delimiter: str, first_line: int
) -> Iterator[tuple[int, list[str] | str]]:
    """Yield records from a line on, and an error if the rest is not CSV."""
    csv.field_size_limit(MAX_CELL)
    with source.text() as text:
        skipped = sum(1 for _ in islice(text, first_line - 1))
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        line = skipped + 1
        try:
            for row in reader:
                yield line, row
                line = skipped + reader.line_num + 1
        except csv.Error as exc:
            yield line, _explained(str(exc))


def _explained(error: str) -> str:
    if error == "unexpected end of data":
        return "a quote opens in this row and never closes"
    return error
