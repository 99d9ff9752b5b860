"""Reads for those who watch: one run, the newest runs, the audit log, the caller."""

from uuid import UUID

from invoice_export.adapters.postgres import Database
from invoice_export.adapters.rows import (
    AuditRow,
    MembershipRow,
    StatusRow,
    UserMembershipRow,
)
from invoice_export.contracts.http import (
    AuditList,
    AuditRecord,
    ExportList,
    ExportStatus,
    Me,
    Membership,
    RunError,
)
from invoice_export.contracts.terms import RunStatus
from invoice_export.steps.find_run import find_run


def get_export(db: Database, *, organization_id: str, run_id: UUID) -> ExportStatus:
    """Return one run. Raises :class:`NotFoundError`, also for another's run."""
    with db.tenant(organization_id) as tx:
        run = find_run(tx, StatusRow, "get_status", run_id)
    return as_status(run)


def list_exports(db: Database, *, organization_id: str, limit: int) -> ExportList:
    """Return the newest runs."""
    with db.tenant(organization_id) as tx:
        rows = tx.all(
            StatusRow, "list_statuses", organization_id=organization_id, limit=limit
        )
    return ExportList(exports=[as_status(row) for row in rows])


def list_audit_logs(db: Database, *, organization_id: str, limit: int) -> AuditList:
    """Return the newest audit records."""
    with db.tenant(organization_id) as tx:
        rows = tx.all(
            AuditRow, "list_audit", organization_id=organization_id, limit=limit
        )
    return AuditList(audit_logs=[AuditRecord(**row.model_dump()) for row in rows])


def get_membership(
    db: Database, *, organization_id: str, user_id: str
) -> MembershipRow | None:
    """Return the user's role in the organisation, or None for a stranger."""
    with db.tenant(organization_id) as tx:
        return tx.one(
            MembershipRow,
            "get_membership",
            organization_id=organization_id,
            user_id=user_id,
        )


def get_me(db: Database, *, user_id: str) -> Me:
    """Return the caller and all organisations that the caller belongs to."""
    with db.system() as tx:
        rows = tx.all(UserMembershipRow, "list_memberships", user_id=user_id)
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
    """Show a row: a link only while there is a file, an error only of a failed run."""
    values = row.model_dump(include=set(ExportStatus.model_fields))
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
