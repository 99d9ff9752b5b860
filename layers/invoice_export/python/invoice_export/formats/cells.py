"""Cells set apart by control characters, and rows made of them from a template.

A block of rows is split once, and one template for the whole block puts the markup
around its cells. Both are single calls into C.
"""

from collections.abc import Callable, Sequence

from invoice_export.formats.format import Rows

SEPARATOR = b"\x1f"
QUOTE = b"\x1e"
# PostgreSQL puts it before a value that the format cannot hold as it is.
MARK = b"\x1d"
MARKED = "E'\\x1d' || "


def options(null: str) -> str:
    """Return COPY's options; ``null`` stands for NULL."""
    return f"FORMAT csv, DELIMITER E'\\x1f', QUOTE E'\\x1e', NULL '{null}'"


def block_of(rows: Rows, unquoted: Callable[[bytes], bytes]) -> bytes:
    """Return all rows as one text with a separator between any two cells.

    PostgreSQL quotes a cell with a separator, a quote or a line end: those go through
    ``unquoted``, which must leave no separator in them.
    """
    block = SEPARATOR.join([row[:-1] for row in rows])
    return _unquote(block, unquoted) if QUOTE in block else block


def _unquote(block: bytes, unquoted: Callable[[bytes], bytes]) -> bytes:
    """Return the block with its quoted cells bare.

    What is outside and what is inside quotes alternates. Nothing outside, between two
    quotes, is a doubled quote: one that belongs to the value.
    """
    pieces = block.split(QUOTE)
    bare, inside = [pieces[0]], b""
    for at in range(1, len(pieces), 2):
        inside += pieces[at]
        after = pieces[at + 1]
        if after == b"" and at + 2 < len(pieces):
            inside += QUOTE
            continue
        bare += [unquoted(inside), after]
        inside = b""
    return b"".join(bare)


class Template:
    """The markup of a row, with ``%b`` for each cell, for blocks of any length."""

    def __init__(self, row: bytes, columns: int) -> None:
        self._row = row
        self._columns = columns
        self._block = b""
        self._rows = 0

    def fill(self, cells: Sequence[bytes]) -> bytes:
        """Return the rows of these cells."""
        rows = len(cells) // self._columns
        if rows != self._rows:
            self._block, self._rows = self._row * rows, rows
        return self._block % tuple(cells)


def holds(block: bytes, text: bytes) -> bool:
    """Return whether the block holds the text.

    Looking for one byte is 40 times faster than looking for two, and mostly settles it.
    """
    return text[:1] in block and text in block


def escaped(markup: str) -> str:
    """Return markup for a template, where a percent sign is doubled."""
    return markup.replace("%", "%%")
