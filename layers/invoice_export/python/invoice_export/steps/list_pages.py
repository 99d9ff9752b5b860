"""Lists runs and audit records page by page, newest first.

A row's place never changes, so nothing that is inserted or changed between two pages
repeats or hides a row.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import structs

from invoice_export.contracts.cursors import CursorList, read_cursor, write_cursor
from invoice_export.contracts.http import AuditList, AuditRecord, ExportList
from invoice_export.domain.positions import TOP, Position
from invoice_export.domain.runs import RunStatus
from invoice_export.steps.watch_exports import as_status
from invoice_export.store import audit, statuses
from invoice_export.store.database import Database


class Placed(Protocol):
    """A row of a list."""

    @property
    def position(self) -> Position: ...


def list_exports(
    db: Database,
    *,
    organization_id: str,
    limit: int,
    cursor: str | None,
    status: RunStatus | None,
    requested_by: str | None,
) -> ExportList:
    """Return a page of runs. Raises ``ValueError`` for no cursor of this list."""
    of = CursorList.EXPORTS
    with db.tenant(organization_id) as tx:
        rows = statuses.list_page(
            tx,
            organization_id,
            after=_after(of, cursor),
            limit=limit + 1,
            status=status,
            requested_by=requested_by,
        )
    return ExportList(
        exports=[as_status(row) for row in rows[:limit]], next=_next(of, rows, limit)
    )


def list_audit_records(
    db: Database, *, organization_id: str, limit: int, cursor: str | None
) -> AuditList:
    """Return a page of records. Raises ``ValueError`` for no cursor of this list."""
    of = CursorList.AUDIT_RECORDS
    with db.tenant(organization_id) as tx:
        rows = audit.list_page(
            tx, organization_id, after=_after(of, cursor), limit=limit + 1
        )
    return AuditList(
        audit_logs=[AuditRecord(**structs.asdict(row)) for row in rows[:limit]],
        next=_next(of, rows, limit),
    )


def _after(of: CursorList, cursor: str | None) -> Position:
    return read_cursor(of, cursor) if cursor is not None else TOP


def _next(of: CursorList, rows: Sequence[Placed], limit: int) -> str | None:
    """Return the cursor of the next page, if a row beyond ``limit`` was found."""
    if len(rows) <= limit:
        return None
    return write_cursor(of, rows[limit - 1].position)
