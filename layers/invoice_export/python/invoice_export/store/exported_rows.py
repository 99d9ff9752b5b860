"""The rows that are exported: counting, planning and copying them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from invoice_export import formats
from invoice_export.domain.requests import ExportRequest
from invoice_export.store.database import Row, Transaction
from invoice_export.store.reading import KeyRange, Parts

# Hops of the same length, and stretches of them in one round trip. Short stretches make
# hops grow soon.
HOPS = 25
STRETCHES = 20


class WalkEndRow(Row):
    """The rows of the last hop, the last key, the moment and the bytes of a row."""

    rows: int
    last_key: list[str]
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


class Walk:
    """A walk over a request's rows in the order of their keys."""

    def __init__(self, tx: Transaction, request: ExportRequest) -> None:
        parts = Parts(request)
        query = tx.quoted("exported_rows.walk", parts, **parts.values)
        self._tx, self._request, self._parts = tx, request, parts
        self._walk = tx.value("exported_rows.open_walk", query=query)

    def hops(self, hop_rows: Callable[[int], int]) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows before each hop, and the key of its first row.

        ``hop_rows`` returns the length of a hop, given the rows before it.
        """
        ahead = _stretches(hop_rows)
        while True:
            stretches = list(islice(ahead, STRETCHES))
            keys = self._tx.value(
                "exported_rows.walk_on",
                self._parts,
                walk=self._walk,
                hops=HOPS,
                hop_rows=[length for _, length in stretches],
            )
            places = [place + n * hop for place, hop in stretches for n in range(HOPS)]
            yield from zip(places, keys, strict=False)
            if len(keys) < len(places):
                return

    def end(self, starts: Sequence[list[str]]) -> WalkEndRow:
        """Say where the rows end, after all hops.

        ``starts`` are keys of this walk, at least one, in their order. From each of
        them on some rows are measured; ``row_bytes`` is the largest of their averages.
        """
        parts = Parts(self._request, KeyRange(start=tuple(starts[0])))
        return self._tx.one(
            WalkEndRow,
            "exported_rows.end_walk",
            parts,
            walk=self._walk,
            starts=starts,
            **parts.values,
        )


def _stretches(hop_rows: Callable[[int], int]) -> Iterator[tuple[int, int]]:
    """Yield the rows before each stretch, and the rows of each of its hops."""
    place = 0
    while True:
        hop = hop_rows(place)
        yield place, hop
        place += HOPS * hop


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
