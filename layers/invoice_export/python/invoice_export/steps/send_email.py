"""Sends the requester one e-mail about how the run ended: exactly one attempt."""

from typing import NamedTuple

from invoice_export.adapters.email_templates import render
from invoice_export.adapters.mail import Mailer, Message
from invoice_export.contracts.workflow.send_email import EmailResult, SendEmailInput
from invoice_export.domain.emails import EmailKind, EmailStatus
from invoice_export.domain.keys import app_link
from invoice_export.domain.runs import RunStatus
from invoice_export.domain.summaries import describe
from invoice_export.errors import EmailRefusedError, EmailRejectedError
from invoice_export.steps.expire_claim import expire_claim
from invoice_export.store import directory, emails, runs, statuses
from invoice_export.store.database import Database, Transaction
from invoice_export.store.directory import RecipientRow
from invoice_export.store.emails import EmailRow
from invoice_export.store.statuses import StatusRow

NOT_A_MEMBER = "not_a_member"
RUN_WENT_ON = "run_went_on"
TOO_MANY_REFUSALS = "too_many_refusals"

# After so many refusals a failure e-mail is given up.
MAX_REFUSALS = 20


class EmailPolicy(NamedTuple):
    """How long a claim lasts, longer than any worker lives, and what the text needs."""

    claim_seconds: int
    file_retention_days: int
    app_base_url: str


class Claim(NamedTuple):
    """The right to send one message once."""

    email: EmailRow
    message: Message


def send_email(
    db: Database, mailer: Mailer, mail: SendEmailInput, policy: EmailPolicy
) -> EmailResult:
    """Claim, send once, record; an e-mail with an outcome is left alone.

    A message that SES will never accept has an outcome too: refused. Raises
    :class:`EmailRefusedError` (pending again: try again),
    :class:`EmailOutcomePendingError` (a worker may have sent: wait until the claim has
    expired) and :class:`RunNotActiveError`.
    """
    with db.tenant(mail.organization_id) as tx:
        claim = _claim(tx, mail, policy)
    if not isinstance(claim, Claim):
        return EmailResult(email=claim)
    try:
        message_id = mailer.send(
            claim.message, run=mail, delivery_id=str(claim.email.id)
        )
    except EmailRejectedError as exc:
        with db.tenant(mail.organization_id) as tx:
            emails.record_outcome(tx, claim.email, EmailStatus.REFUSED, reason=str(exc))
        return EmailResult(email=EmailStatus.REFUSED)
    except EmailRefusedError as exc:
        with db.tenant(mail.organization_id) as tx:
            emails.release(tx, claim.email, reason=str(exc))
        raise
    with db.tenant(mail.organization_id) as tx:
        emails.record_outcome(tx, claim.email, EmailStatus.SENT, message_id=message_id)
    return EmailResult(email=EmailStatus.SENT)


def _claim(
    tx: Transaction, mail: SendEmailInput, policy: EmailPolicy
) -> Claim | EmailStatus | None:
    """Claim the e-mail, or return the outcome it has; None if none is owed."""
    if mail.kind is EmailKind.COMPLETED:
        runs.lock_active(tx, mail)
        emails.insert(tx, mail, mail.kind)
    run = statuses.get(tx, mail.run_id)
    email = emails.lock(tx, mail, mail.kind)
    if email is None:
        return None
    if email.status is EmailStatus.SENDING:
        return expire_claim(tx, email)
    if email.status is not EmailStatus.PENDING:
        return email.status
    recipient = directory.find_recipient(tx, run.requested_by)
    if mail.kind is EmailKind.FAILED and email.attempts >= MAX_REFUSALS:
        emails.record_outcome(tx, email, EmailStatus.REFUSED, reason=TOO_MANY_REFUSALS)
        return EmailStatus.REFUSED
    reason = _reason_not_to_send(run, mail, recipient)
    if recipient is None or reason is not None:
        emails.record_outcome(tx, email, EmailStatus.SUPPRESSED, reason=reason)
        return EmailStatus.SUPPRESSED
    message = render(
        mail.kind,
        tx.datasets.words_of(run.dataset),
        choices=describe(tx.datasets.by_name.get(run.dataset), run.request),
        to=recipient.email,
        name=recipient.name,
        organization_name=recipient.organization_name,
        row_count=run.row_count,
        error_message=run.error_message,
        link=app_link(policy.app_base_url, mail.organization_id, mail.run_id),
        file_retention_days=policy.file_retention_days,
    )
    claimed = emails.claim(tx, email, claim_seconds=policy.claim_seconds)
    return Claim(claimed, message)


def _reason_not_to_send(
    run: StatusRow, mail: SendEmailInput, recipient: RecipientRow | None
) -> str | None:
    """Return why the requester gets no e-mail, if so."""
    current = (run.status, run.attempt_count) == (RunStatus.FAILED, mail.generation)
    if mail.kind is EmailKind.FAILED and not current:
        return RUN_WENT_ON
    return recipient.suppressed_for if recipient else NOT_A_MEMBER
