"""Decides an e-mail whose claim has expired without any outcome."""

from invoice_export.domain.emails import EmailStatus
from invoice_export.errors import EmailOutcomePendingError
from invoice_export.store import emails
from invoice_export.store.database import Transaction
from invoice_export.store.emails import EmailRow


def expire_claim(tx: Transaction, email: EmailRow) -> EmailStatus:
    """Record the locked e-mail as unknown.

    Raises :class:`EmailOutcomePendingError` while its claim is valid.
    """
    if not email.claim_expired:
        raise EmailOutcomePendingError("a claim on this e-mail is open")
    emails.record_outcome(tx, email, EmailStatus.UNKNOWN, reason="claim_expired")
    return EmailStatus.UNKNOWN
