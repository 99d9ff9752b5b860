"""The rows that are exported: counting, planning and copying them."""

from collections.abc import Iterator
from typing import Any

from invoice_export.store.database import Transaction
from invoice_export.store.plans import PageBoundsRow, PlanRow


def read_in_order(tx: Transaction) -> None:
    """Let this transaction read the dataset through its index, in order."""
    tx.value("session.read_in_order")


def count(tx: Transaction, organization_id: str) -> int:
    """Count the organisation's rows exactly."""
    rows: int = tx.value("exported_rows.count", organization_id=organization_id)
    return rows


def estimate(tx: Transaction, organization_id: str) -> int:
    """Return PostgreSQL's own estimate of the organisation's rows; nothing is read."""
    explained = tx.value("exported_rows.estimate", organization_id=organization_id)
    rows: int = explained[0]["Plan"]["Plan Rows"]
    return rows


def measure_row(tx: Transaction, organization_id: str) -> int:
    """Return the average size of the newest rows in bytes; 0 without any row."""
    size: int = tx.value("exported_rows.measure_row", organization_id=organization_id)
    return size


def find_page_starts(
    tx: Transaction, organization_id: str, *, page_rows: int, at_most: int
) -> PlanRow:
    """Walk the index and return a plan with ``page_rows`` rows a page."""
    return tx.one(
        PlanRow,
        "exported_rows.find_page_starts",
        organization_id=organization_id,
        page_rows=page_rows,
        at_most=at_most,
    )


def count_unusual_times(
    tx: Transaction, organization_id: str, bounds: PageBoundsRow, **instead: Any
) -> int:
    """Count a page's times without a form in RFC 3339, in columns that SQL finishes."""
    if not tx.dataset.earlier_times:
        return 0
    count: int = tx.value(
        "exported_rows.count_unusual_times",
        organization_id=organization_id,
        **{**bounds.model_dump(), **instead},
    )
    return count


def copy_page(
    tx: Transaction, organization_id: str, bounds: PageBoundsRow, **instead: Any
) -> Iterator[list[memoryview]]:
    """Stream one page as CSV rows; ``instead`` replaces some of its bounds."""
    return tx.copy_out(
        "exported_rows.copy_page",
        organization_id=organization_id,
        **{**bounds.model_dump(), **instead},
    )
