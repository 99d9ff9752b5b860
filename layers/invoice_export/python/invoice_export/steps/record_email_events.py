"""Records what SES reports about an e-mail, and which addresses to suppress."""

from uuid import UUID

from invoice_export.contracts.email_events import EmailEvent
from invoice_export.domain.emails import EmailStatus
from invoice_export.store import emails, suppressions, sweep
from invoice_export.store.database import Database, Transaction

# SES accepts an e-mail before it reports anything else. These two events mean that it
# was never sent.
# https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
NEVER_SENT = {"Reject": "rejected", "Rendering Failure": "not_rendered"}


def record_email_event(db: Database, event: EmailEvent, *, soft_bounces: int) -> None:
    """Record the delivery's outcome; suppress an address that bounced or complained.

    Repeating is safe, in any order: an outcome never changes. The first hard bounce or
    complaint suppresses an address for good. ``soft_bounces`` soft bounces within 30
    days suppress it for 30 days. Out-of-office replies do not count.
    """
    run_id = event.mail.tag("run_id")
    if run_id is not None:
        _record_outcome(db, event, run_id)
    with db.system() as tx:
        _suppress(tx, event, soft_bounces)


def _record_outcome(db: Database, event: EmailEvent, run_id: UUID) -> None:
    with db.system() as tx:
        organization_id = sweep.find_organization_of_run(tx, run_id)
    if organization_id is None:
        return
    reason = NEVER_SENT.get(event.event_type)
    with db.tenant(organization_id) as tx:
        emails.record_event(
            tx,
            run_id,
            EmailStatus.SUPPRESSED if reason else EmailStatus.SENT,
            delivery_id=event.mail.tag("delivery_id"),
            message_id=event.mail.message_id,
            reason=reason,
        )
        if event.report is not None:
            emails.record_report(
                tx, run_id, event.report, delivery_id=event.mail.tag("delivery_id")
            )


def _suppress(tx: Transaction, event: EmailEvent, soft_bounces: int) -> None:
    if event.complaint is not None:
        for recipient in event.complaint.recipients:
            suppressions.insert(tx, recipient.address, "complaint")
    if event.bounce is None:
        return
    for recipient in event.bounce.recipients:
        if event.bounce.permanent:
            suppressions.insert(tx, recipient.address, "hard_bounce")
            continue
        if event.bounce.automatic_reply:
            continue
        count = suppressions.insert_soft_bounce(
            tx, recipient.address, event.bounce.feedback_id
        )
        if count >= soft_bounces:
            suppressions.insert(tx, recipient.address, suppressions.SOFT_BOUNCES)
