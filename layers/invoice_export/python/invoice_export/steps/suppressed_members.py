"""Shows the members whose address gets no e-mail, and lifts what may be lifted."""

from invoice_export.contracts.http import SuppressedMember, SuppressionList
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.domain.roles import Role
from invoice_export.errors import ConflictError, NotFoundError
from invoice_export.steps.require_role import require_role
from invoice_export.store import audit, lane, suppressions
from invoice_export.store.database import Database


def list_suppressed(
    db: Database, *, organization_id: str, role: Role
) -> SuppressionList:
    """Return the suppressed members. Raises :class:`ForbiddenError`."""
    require_role(role, Role.ADMIN)
    with db.tenant(organization_id) as tx:
        rows = suppressions.list_members(tx)
    return SuppressionList(
        suppressions=[
            SuppressedMember(
                user_id=row.user_id,
                name=row.name,
                reason=row.reason,
                since=row.created_at,
                expires_at=row.expires_at,
                liftable=row.reason == suppressions.SOFT_BOUNCES,
            )
            for row in rows
        ]
    )


def lift_suppression(
    db: Database, *, organization_id: str, user_id: str, actor: str, role: Role
) -> SuppressionList:
    """Let a member get e-mails again, and return who is still suppressed.

    Raises :class:`NotFoundError` if the member's address is not suppressed, and
    :class:`ConflictError` after a hard bounce or a complaint: the mailbox does not
    exist, or its owner wants no e-mail.
    """
    require_role(role, Role.ADMIN)
    with db.tenant(organization_id) as tx:
        found = suppressions.find_member(tx, user_id)
        if found is None:
            raise NotFoundError(
                "This member's address is not suppressed.",
                code=ProblemCode.NOT_SUPPRESSED,
            )
        if found.reason != suppressions.SOFT_BOUNCES:
            raise ConflictError(
                f"The address is suppressed because of a {found.reason}. Only"
                " suppressions after soft bounces can be lifted.",
                code=ProblemCode.SUPPRESSION_PERMANENT,
            )
        suppressions.lift_soft_bounces(tx, user_id)
        lane.open_lane(tx, organization_id)
        audit.append_action(
            tx,
            organization_id=organization_id,
            action="email.suppression.lifted",
            subject=user_id,
            actor=actor,
        )
    return list_suppressed(db, organization_id=organization_id, role=role)
