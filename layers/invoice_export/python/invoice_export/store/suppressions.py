"""Addresses that get no e-mail, and the soft bounces that lead there."""

from invoice_export.store.database import Transaction


def insert(tx: Transaction, address: str, reason: str) -> None:
    """Suppress an address; a new reason replaces an earlier one and its bypass."""
    tx.execute("suppressions.insert", address=address, reason=reason)


def insert_soft_bounce(tx: Transaction, address: str, feedback_id: str) -> int:
    """Record a soft bounce once and return how many the address had in 30 days."""
    tx.execute(
        "suppressions.insert_soft_bounce", address=address, feedback_id=feedback_id
    )
    count: int = tx.value("suppressions.count_soft_bounces", address=address)
    return count
