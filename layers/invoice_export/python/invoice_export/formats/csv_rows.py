"""Rows of CSV, finished on bytes.

PostgreSQL's own CSV writer quotes, doubles quotes and writes NULL as nothing. The rest
is done here: the line ending, the formula guard inside a cell, and the T in the times
that end each row, up to two. That saves a sixth of the database's work, at a tenth of
that cost.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

CRLF, LINE_FEED = b"\r\n", b"\n"
# Ends a row here until CRLF does: no text of PostgreSQL holds it.
NUL = b"\0"

LETTER_T, LETTER_Z = b"TZ"

# "YYYY-MM-DD HH:MM:SS.ffffffZ", as csv_time() writes it. Two of them end a row; their
# letters are counted backwards from its line feed.
TIME_LENGTH = 27
Z_OF_LAST, SPACE_OF_LAST = 1, 17
Z_OF_FIRST = Z_OF_LAST + TIME_LENGTH + 1
SPACE_OF_FIRST = SPACE_OF_LAST + TIME_LENGTH + 1

# So many times at the end of a row get their T here, the others in SQL.
TIMES_FINISHED = 2

# Where a reader with other separators begins a cell inside a cell of ours, and runs it.
SIGN = b'"*[=+@-]'
SEPARATORS = (b",", b";", b"\t", b"\r", b"\n")
# In the rows that are finished together.
FEW = 40


class Finished(NamedTuple):
    """Rows as the file holds them; ``unusual_times`` have no form in RFC 3339."""

    text: bytearray
    unusual_times: int


def finish_rows(
    rows: Sequence[memoryview | bytes],
    times_at_end: int,
    texts: frozenset[int],
    delimiter: bytes = b",",
) -> Finished:
    """Join rows that end in one line feed each, with CRLF and RFC 3339 times.

    ``texts`` are the columns, counted from 0, whose cells are guarded. Only the last
    byte of a row is its line ending; line feeds inside quotes stay. A time ends in Z if
    and only if it has the form above; other times stay as PostgreSQL writes them.
    """
    end_rows = (_end_rows, _end_rows_in_a_time, _end_rows_in_two_times)[times_at_end]
    text = bytearray().join(rows)
    unusual = end_rows(text, rows, delimiter[0])
    if _may_hide_formulas(text, delimiter):
        rows = [_guard(row, texts, delimiter) for row in rows]
        text = bytearray().join(rows)
        unusual = end_rows(text, rows, delimiter[0])
    return Finished(text.replace(NUL, CRLF), unusual)


def _may_hide_formulas(text: bytearray, delimiter: bytes) -> bool:
    """Return whether a cell may hold a separator of another dialect and a sign."""
    return any(
        _stands_before_a_sign(each, text) for each in SEPARATORS if each != delimiter
    )


def _stands_before_a_sign(separator: bytes, text: bytearray) -> bool:
    """Look at a few separators, which are mostly all, and search for more.

    To find a byte is several times faster than to search with the pattern.
    """
    pattern, at = _before_a_sign(separator), -1
    for _ in range(FEW):
        at = text.find(separator, at + 1)
        if at < 0:
            return False
        if pattern.match(text, at):
            return True
    return pattern.search(text, at + 1) is not None


@cache
def _before_a_sign(separator: bytes) -> re.Pattern[bytes]:
    # A pattern that begins with one character is searched for as fast as that is.
    return re.compile(re.escape(separator) + SIGN)


def _guard(
    row: memoryview | bytes, texts: frozenset[int], delimiter: bytes
) -> memoryview | bytes:
    """Put an apostrophe between a separator and what a spreadsheet would run.

    The file's own separator is quoted. Someone who opens the file with another one
    would see the text after it as a cell, and a quoted line feed as a row's end.
    """
    guarded, end = bytearray(), 0
    for found in _hidden_formula(delimiter).finditer(row, 0, len(row) - 1):
        if _column(row[: found.start()], delimiter) in texts:
            guarded += row[end : found.end()]
            guarded += b"'"
            end = found.end()
    return bytes(guarded + row[end:]) if guarded else row


@cache
def _hidden_formula(delimiter: bytes) -> re.Pattern[bytes]:
    others = b"".join(each for each in SEPARATORS if each != delimiter)
    return re.compile(b"[%b](?=%b)" % (others, SIGN))


def _column(before: memoryview | bytes, delimiter: bytes) -> int:
    """Return the column of what follows these bytes of a row."""
    return sum(part.count(delimiter) for part in bytes(before).split(b'"')[::2])


def _end_rows(text: bytearray, rows: Sequence[memoryview | bytes], _: int) -> int:
    """End each row with a NUL, so that each line feed is in a cell."""
    end = -1
    for length in map(len, rows):
        end += length
        text[end] = 0
    return 0


def _end_rows_in_a_time(
    text: bytearray, rows: Sequence[memoryview | bytes], delimiter: int
) -> int:
    """End rows whose last cell is a time, too; return how many times are unusual."""
    unusual, end = 0, -1
    # Before the first row, counting backwards, is the line feed of the last.
    empty = (delimiter, *NUL, *LINE_FEED)
    for length in map(len, rows):
        end += length
        text[end] = 0
        last = text[end - Z_OF_LAST]
        if last == LETTER_Z:
            text[end - SPACE_OF_LAST] = LETTER_T
        elif last not in empty:
            unusual += 1
    return unusual


def _end_rows_in_two_times(
    text: bytearray, rows: Sequence[memoryview | bytes], delimiter: int
) -> int:
    """End rows whose last two cells are times."""
    unusual, end = 0, -1
    for length in map(len, rows):
        end += length
        text[end] = 0
        last = text[end - Z_OF_LAST]
        if last == LETTER_Z == text[end - Z_OF_FIRST]:
            text[end - SPACE_OF_LAST] = LETTER_T
            text[end - SPACE_OF_FIRST] = LETTER_T
        elif last == delimiter and text[end - Z_OF_LAST - 1] == LETTER_Z:
            text[end - SPACE_OF_LAST - 1] = LETTER_T
        else:
            unusual += _finish_odd_row(text, end, delimiter)
    return unusual


def _finish_odd_row(text: bytearray, end: int, delimiter: int) -> int:
    """Finish a row with an empty or unusual time; return how many are unusual.

    ``end`` is the place of its NUL.
    """
    unusual = 0
    for _ in range(TIMES_FINISHED):
        before = max(text.rfind(delimiter, 0, end), text.rfind(NUL, 0, end))
        length = end - before - 1
        if text[end - 1] == LETTER_Z and length == TIME_LENGTH:
            text[end - SPACE_OF_LAST] = LETTER_T
        elif length:
            unusual += 1
        end = before
    return unusual
