"""Rows of ``export_pages``: finished pages."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from invoice_export.store.database import Row, Transaction


class PageRow(Row):
    """A finished page."""

    page: int
    row_count: int
    byte_count: int
    etag: str
    sha256: str
    crc32: int
    content_crc32: int
    content_bytes: int
    adjusted: dict[str, int]


class PageNumberRow(Row):
    """A page that is still to be written."""

    page: int


def find(tx: Transaction, run_id: UUID, page: int) -> PageRow | None:
    """Return the page's row, or None while it is not finished."""
    return tx.one_or_none(PageRow, "pages.get", run_id=run_id, page=page)


def list_finished(tx: Transaction, run_id: UUID) -> list[PageRow]:
    """Return the finished pages in order."""
    return tx.all(PageRow, "pages.list_finished", run_id=run_id)


def list_unfinished(tx: Transaction, run_id: UUID) -> list[int]:
    """Return the numbers of the pages that are still to be written."""
    rows = tx.all(PageNumberRow, "pages.list_unfinished", run_id=run_id)
    return [row.page for row in rows]


def insert(tx: Transaction, *, adjusted: dict[str, int], **columns: Any) -> PageRow:
    """Record a finished page and the run's progress; the first row wins."""
    tx.execute("pages.insert", **columns, adjusted=Jsonb(adjusted))
    tx.execute("pages.count_progress", run_id=columns["run_id"])
    return tx.one(PageRow, "pages.get", run_id=columns["run_id"], page=columns["page"])
