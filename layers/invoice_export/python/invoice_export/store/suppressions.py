"""Addresses that get no e-mail, and the soft bounces that lead there."""

from datetime import datetime

from invoice_export.store.database import Row, Transaction

# The one reason that expires, and that an admin may lift.
SOFT_BOUNCES = "soft_bounces"
SOFT_BOUNCES_LAST_DAYS = 30


class SuppressionRow(Row):
    """A member whose address gets no e-mail now."""

    user_id: str
    name: str
    reason: str
    created_at: datetime
    expires_at: datetime | None


def insert(tx: Transaction, address: str, reason: str) -> None:
    """Suppress an address; a new reason replaces an earlier one and its bypass.

    Soft bounces never replace a hard bounce or a complaint, which do not expire.
    """
    days = SOFT_BOUNCES_LAST_DAYS if reason == SOFT_BOUNCES else None
    tx.execute("suppressions.insert", address=address, reason=reason, days=days)


def list_members(tx: Transaction) -> list[SuppressionRow]:
    """Return the organisation's members whose address is suppressed."""
    return tx.all(SuppressionRow, "suppressions.list_members")


def find_member(tx: Transaction, user_id: str) -> SuppressionRow | None:
    """Return the member's suppression, if the address has one now."""
    found = [row for row in list_members(tx) if row.user_id == user_id]
    return found[0] if found else None


def lift_soft_bounces(tx: Transaction, user_id: str) -> None:
    """Forget the member's soft bounces, and the suppression that they led to."""
    tx.execute("suppressions.lift_soft_bounces", user_id=user_id)


def insert_soft_bounce(tx: Transaction, address: str, feedback_id: str) -> int:
    """Record a soft bounce once and return how many the address had in 30 days."""
    tx.execute(
        "suppressions.insert_soft_bounce", address=address, feedback_id=feedback_id
    )
    count: int = tx.value("suppressions.count_soft_bounces", address=address)
    return count
