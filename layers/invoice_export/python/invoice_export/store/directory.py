"""Organisations, users and members: who belongs where."""

from invoice_export.domain.roles import Role
from invoice_export.store.database import Row, Transaction


class RecipientRow(Row):
    """A requester who is still a member, and why the address gets no e-mail."""

    name: str
    email: str
    organization_name: str
    suppressed_for: str | None


class MembershipRow(Row):
    """A user in one organisation."""

    role: Role
    organization_name: str


class UserMembershipRow(Row):
    """One organisation of a user; a user without any has one row without one."""

    user_name: str
    organization_id: str | None
    organization_name: str | None
    role: Role | None


def find_membership(tx: Transaction, user_id: str) -> MembershipRow | None:
    """Return the user's membership of the organisation, or None for a stranger."""
    return tx.one_or_none(MembershipRow, "directory.get_membership", user_id=user_id)


def list_memberships(tx: Transaction, user_id: str) -> list[UserMembershipRow]:
    """Return all organisations of a user."""
    return tx.all(UserMembershipRow, "directory.list_memberships", user_id=user_id)


def find_recipient(tx: Transaction, user_id: str) -> RecipientRow | None:
    """Return where to write to.

    None if the user is not a member of the organisation any more, or has no address.
    """
    return tx.one_or_none(RecipientRow, "directory.find_recipient", user_id=user_id)
