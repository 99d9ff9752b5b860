"""Reads for watchers: one run, and the caller."""

from uuid import UUID

from msgspec import structs

from invoice_export.contracts.http import (
    ExportStatus,
    Me,
    Membership,
    RunError,
)
from invoice_export.domain.runs import RunStatus
from invoice_export.steps.find_run import find_status
from invoice_export.store import directory
from invoice_export.store.database import Database
from invoice_export.store.directory import MembershipRow
from invoice_export.store.statuses import StatusRow


def get_export(db: Database, *, organization_id: str, run_id: UUID) -> ExportStatus:
    """Return one run. Raises :class:`NotFoundError`, also for another tenant's."""
    with db.tenant(organization_id) as tx:
        run = find_status(tx, run_id)
    return as_status(run)


def get_membership(
    db: Database, *, organization_id: str, user_id: str
) -> MembershipRow | None:
    """Return the user's role in the organisation, or None for a stranger."""
    with db.tenant(organization_id) as tx:
        return directory.find_membership(tx, user_id)


def get_me(db: Database, *, user_id: str) -> Me:
    """Return the caller and all their organisations."""
    with db.system() as tx:
        rows = directory.list_memberships(tx, user_id)
    return Me(
        user_id=user_id,
        name=rows[0].user_name if rows else user_id,
        memberships=[
            Membership(
                organization_id=row.organization_id,
                organization_name=row.organization_name or row.organization_id,
                role=row.role,
            )
            for row in rows
            if row.organization_id is not None and row.role is not None
        ],
    )


def as_status(row: StatusRow) -> ExportStatus:
    """Return the API's view; a link is of completed runs, an error of failed ones."""
    shown = set(ExportStatus.__struct_fields__)
    values = {name: it for name, it in structs.asdict(row).items() if name in shown}
    if row.status is not RunStatus.COMPLETED:
        values["download_url"] = None
    if row.status is RunStatus.FAILED:
        values["error"] = RunError(
            code=row.error_code or "EXPORT_FAILED", message=row.error_message or ""
        )
    return ExportStatus(
        **{"error": None, **values},
        bytes=row.byte_count,
        checksum=row.file_crc32 and f"CRC32:{row.file_crc32}",
        expires_at=row.file_expires_at,
    )
