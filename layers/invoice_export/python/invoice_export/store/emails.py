"""Rows of ``email_deliveries``: one e-mail each, and the claim to send it."""

from uuid import UUID

from invoice_export.contracts.workflow.run import RunRef
from invoice_export.domain.emails import EmailKind, EmailReport, EmailStatus
from invoice_export.store.database import Row, Transaction


class EmailRow(Row):
    """A delivery; ``attempts`` identifies the current claim."""

    id: UUID
    status: EmailStatus
    attempts: int
    generation: int
    claim_expired: bool | None


def lock(tx: Transaction, ref: RunRef, kind: EmailKind) -> EmailRow | None:
    """Lock the run's e-mail of this kind; None if it is owed none.

    A run has one result e-mail; each generation has its own failure e-mail.
    """
    return tx.one_or_none(
        EmailRow,
        "emails.lock",
        run_id=ref.run_id,
        kind=kind,
        generation=ref.generation,
    )


def insert(tx: Transaction, ref: RunRef, kind: EmailKind) -> None:
    """Owe the requester an e-mail; a second insert changes nothing."""
    tx.execute(
        "emails.insert",
        organization_id=ref.organization_id,
        run_id=ref.run_id,
        kind=kind,
        generation=ref.generation,
    )


def claim(tx: Transaction, email: EmailRow, *, claim_seconds: int) -> EmailRow:
    """Take the right to send this locked, pending e-mail once."""
    return tx.one(EmailRow, "emails.claim", id=email.id, claim_seconds=claim_seconds)


def release(tx: Transaction, email: EmailRow, *, reason: str) -> None:
    """Give the claim back after a definitive refusal: nothing was sent."""
    tx.execute("emails.release", id=email.id, attempts=email.attempts, reason=reason)


def record_outcome(
    tx: Transaction,
    email: EmailRow,
    status: EmailStatus,
    *,
    reason: str | None = None,
    message_id: str | None = None,
) -> None:
    """Record the outcome, unless someone else has recorded one for that claim."""
    tx.execute(
        "emails.record_outcome",
        id=email.id,
        status=status,
        from_status=email.status,
        attempts=email.attempts,
        reason=reason,
        message_id=message_id,
    )


def record_event(
    tx: Transaction,
    run_id: UUID,
    status: EmailStatus,
    *,
    delivery_id: UUID | None,
    message_id: str,
    reason: str | None,
) -> None:
    """Record what an SES event says of an open or unknown delivery."""
    tx.execute(
        "emails.record_event",
        run_id=run_id,
        status=status,
        delivery_id=delivery_id,
        message_id=message_id,
        reason=reason,
    )


def record_report(
    tx: Transaction, run_id: UUID, report: EmailReport, *, delivery_id: UUID | None
) -> None:
    """Record what became of an e-mail, unless a later report is there already."""
    tx.execute(
        "emails.record_report",
        run_id=run_id,
        report=report,
        order=list(EmailReport),
        delivery_id=delivery_id,
    )
