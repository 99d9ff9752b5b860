"""The rows that are exported: counting, planning and copying them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import accumulate, islice
from typing import NamedTuple

from invoice_export import formats
from invoice_export.domain.requests import ExportRequest
from invoice_export.store.database import Row, Transaction
from invoice_export.store.reading import KeyRange, Parts

# Hops of the same length, and stretches of them in one round trip. Short stretches make
# hops grow soon.
HOPS = 25
STRETCHES = 20


class WalkRow(Row):
    """A part of a walk: its hops' first keys, their rows, and the bytes of a row.

    The last part ends with the last key, and 0 rows.
    """

    starts: list[list[str]]
    lengths: list[int]
    planned_at: datetime
    row_bytes: int


class Walk(NamedTuple):
    """The ends of a walk's hops: keys, and the rows before each of them.

    The last is the last row's key, and all rows.
    """

    keys: list[list[str]]
    places: list[int]
    planned_at: datetime
    row_bytes: int


def read_in_order(tx: Transaction) -> None:
    """Let this transaction read the dataset through its index, in order."""
    tx.value("session.read_in_order")


def read_page(tx: Transaction, request: ExportRequest) -> None:
    """Let this transaction read one page in the fastest way."""
    read_in_order(tx)
    if request.dataset.joins:
        tx.value("session.read_joined")


def count(tx: Transaction, request: ExportRequest, at_most: int) -> int:
    """Count the request's rows, but stop at ``at_most``."""
    parts = Parts(request)
    rows: int = tx.value("exported_rows.count", parts, at_most=at_most, **parts.values)
    return rows


def estimate(tx: Transaction, request: ExportRequest) -> int:
    """Return PostgreSQL's own estimate of the request's rows; nothing is read."""
    parts = Parts(request)
    explained = tx.value("exported_rows.estimate", parts, **parts.values)
    rows: int = explained[0]["Plan"]["Plan Rows"]
    return rows


def measure_text(tx: Transaction, request: ExportRequest) -> int:
    """Return about how many bytes a row takes in a CSV file; 0 without any row."""
    parts = Parts(request)
    size: int = tx.value("exported_rows.measure_text", parts, **parts.values)
    return size


def measure_widths(tx: Transaction, request: ExportRequest) -> list[int]:
    """Return the length of each column's longest text among the first rows."""
    parts = Parts(request)
    widths: list[int] = tx.value("exported_rows.measure_widths", parts, **parts.values)
    return widths


def walk(
    tx: Transaction, request: ExportRequest, hop_rows: Callable[[int], int]
) -> Walk:
    """Walk over a request's rows in the order of their keys.

    ``hop_rows`` returns the length of a hop, given the rows before it. ``row_bytes`` is
    the largest average of a few samples. Without any row there are no keys.
    """
    parts = Parts(request)
    query = tx.quoted("exported_rows.walk", parts, **parts.values)
    cursor = tx.value("exported_rows.open_walk", query=query)
    ahead = _stretches(hop_rows)
    keys, lengths, row_bytes = [], [], 0
    while True:
        part = tx.one(
            WalkRow,
            "exported_rows.walk_on",
            parts,
            walk=cursor,
            hops=HOPS,
            hop_rows=list(islice(ahead, STRETCHES)),
            **parts.values,
        )
        keys += part.starts
        lengths += part.lengths
        row_bytes = max(row_bytes, part.row_bytes)
        if not lengths or lengths[-1] == 0:
            places = [0, *accumulate(lengths[:-1])]
            return Walk(keys, places, part.planned_at, row_bytes)


def _stretches(hop_rows: Callable[[int], int]) -> Iterator[int]:
    """Yield the length of each stretch's hops."""
    place = 0
    while True:
        length = hop_rows(place)
        yield length
        place += HOPS * length


def count_unusual_times(tx: Transaction, request: ExportRequest, keys: KeyRange) -> int:
    """Count a page's times without a form in RFC 3339 that the format does not see."""
    if not formats.of(request.format).copy(request).uncounted:
        return 0
    parts = Parts(request, keys)
    counted: int = tx.value("exported_rows.count_unusual_times", parts, **parts.values)
    return counted


def copy_page(
    tx: Transaction, request: ExportRequest, keys: KeyRange
) -> Iterator[list[memoryview]]:
    """Stream these rows as the format wants them."""
    parts = Parts(request, keys)
    return tx.copy_out("exported_rows.copy_page", parts, **parts.values)
