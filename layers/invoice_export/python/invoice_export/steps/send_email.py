"""Tells the requester how the run ended: never twice, never silently not at all."""

from dataclasses import dataclass

from invoice_export.adapters.lane import fence
from invoice_export.adapters.letters import render
from invoice_export.adapters.mail import Mailer, Message
from invoice_export.adapters.postgres import Database, Transaction
from invoice_export.adapters.rows import EmailRow, RecipientRow, StatusRow
from invoice_export.contracts.terms import EmailKind, EmailStatus, RunStatus
from invoice_export.contracts.workflow import EmailResult, SendEmailInput
from invoice_export.domain.keys import app_link
from invoice_export.errors import (
    EmailOutcomePendingError,
    EmailRefusedError,
)

NOT_A_MEMBER = "not_a_member"
RUN_WENT_ON = "run_went_on"
REFUSED = "refused"

# A mail about a failure that SES has refused this often will not be taken either.
REFUSALS_IN_ALL = 20


@dataclass(frozen=True)
class EmailPolicy:
    """How long a claim holds, longer than any worker lives; what the mail says."""

    claim_seconds: int
    file_retention_days: int
    app_base_url: str


@dataclass(frozen=True)
class Claim:
    """The right to send one message once."""

    email: EmailRow
    message: Message


def send_email(
    db: Database, mailer: Mailer, mail: SendEmailInput, policy: EmailPolicy
) -> EmailResult:
    """Claim, send once, record; settled mails are left alone.

    Raises :class:`EmailRefusedError` (pending again: try again),
    :class:`EmailOutcomePendingError` (somebody may have sent: wait until the claim
    has expired) and :class:`RunNotActiveError`.
    """
    with db.tenant(mail.organization_id) as tx:
        claim = _claim(tx, mail, policy)
    if not isinstance(claim, Claim):
        return EmailResult(email=claim)
    try:
        message_id = mailer.send(
            claim.message, run=mail, delivery_id=str(claim.email.id)
        )
    except EmailRefusedError as exc:
        with db.tenant(mail.organization_id) as tx:
            tx.execute(
                "release_email",
                id=claim.email.id,
                attempts=claim.email.attempts,
                reason=str(exc),
            )
        raise
    with db.tenant(mail.organization_id) as tx:
        settle(tx, claim.email, EmailStatus.SENT, message_id=message_id)
    return EmailResult(email=EmailStatus.SENT)


def settle(
    tx: Transaction,
    email: EmailRow,
    status: EmailStatus,
    *,
    reason: str | None = None,
    message_id: str | None = None,
) -> None:
    """Give the mail its final outcome, unless somebody else has settled that claim."""
    tx.execute(
        "settle_email",
        id=email.id,
        status=status,
        from_status=email.status,
        attempts=email.attempts,
        reason=reason,
        message_id=message_id,
    )


def settle_expired(tx: Transaction, email: EmailRow) -> None:
    """Call a mail unknown whose claim ran out with no word on what came of it.

    Raises :class:`EmailOutcomePendingError` while the claim is good.
    """
    if not email.claim_expired:
        raise EmailOutcomePendingError("a claim on this mail is open")
    settle(tx, email, EmailStatus.UNKNOWN, reason="claim_expired")


def _claim(
    tx: Transaction, mail: SendEmailInput, policy: EmailPolicy
) -> Claim | EmailStatus | None:
    """Claim the mail, or return the outcome that it has; None when none is owed."""
    if mail.kind is EmailKind.COMPLETED:
        fence(tx, mail)
        tx.execute("insert_email", **mail.model_dump())
    run = tx.one(StatusRow, "get_status", run_id=mail.run_id)
    assert run is not None, "runs are never deleted"  # noqa: S101
    email = tx.one(
        EmailRow,
        "get_email",
        run_id=mail.run_id,
        kind=mail.kind,
        generation=mail.generation,
    )
    if email is None:
        return None
    reason = _reason_to_be_silent(run, mail, email)
    if email.status is EmailStatus.PENDING and reason is not None:
        settle(tx, email, EmailStatus.SUPPRESSED, reason=reason)
        return EmailStatus.SUPPRESSED
    if email.status is EmailStatus.SENDING:
        settle_expired(tx, email)
        return EmailStatus.UNKNOWN
    if email.status is not EmailStatus.PENDING:
        return email.status
    recipient = tx.one(
        RecipientRow,
        "find_recipient",
        organization_id=mail.organization_id,
        user_id=run.requested_by,
    )
    if recipient is None or recipient.suppressed_for is not None:
        reason = recipient.suppressed_for if recipient else NOT_A_MEMBER
        settle(tx, email, EmailStatus.SUPPRESSED, reason=reason)
        return EmailStatus.SUPPRESSED
    message = render(
        mail.kind,
        tx.dataset,
        to=recipient.email,
        name=recipient.name,
        organization_name=recipient.organization_name,
        row_count=run.row_count,
        error_message=run.error_message,
        link=app_link(policy.app_base_url, mail.organization_id, mail.run_id),
        file_retention_days=policy.file_retention_days,
    )
    claimed = tx.one(
        EmailRow, "claim_email", id=email.id, claim_seconds=policy.claim_seconds
    )
    assert claimed is not None, "the row is locked and pending"  # noqa: S101
    return Claim(claimed, message)


def _reason_to_be_silent(
    run: StatusRow, mail: SendEmailInput, email: EmailRow
) -> str | None:
    """Return why a mail about a failure is no longer worth sending, if so."""
    if mail.kind is EmailKind.COMPLETED:
        return None
    if (run.status, run.attempt_count) != (RunStatus.FAILED, mail.generation):
        return RUN_WENT_ON
    return REFUSED if email.attempts >= REFUSALS_IN_ALL else None
