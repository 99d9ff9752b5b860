"""Takes SES's word for what became of a mail, and for addresses to leave alone."""

from typing import TYPE_CHECKING

from invoice_export.adapters.postgres import Database, Transaction
from invoice_export.contracts.events import EmailEvent
from invoice_export.contracts.terms import EmailStatus

if TYPE_CHECKING:
    from uuid import UUID

# SES accepts a mail before it says anything else of it; these two say that it then
# went nowhere. https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
NEVER_SENT = {"Reject": "rejected", "Rendering Failure": "not_rendered"}
PERMANENT = "Permanent"


def record_email_event(db: Database, event: EmailEvent, *, soft_bounces: int) -> None:
    """Settle the claim that the event is about; suppress who bounced or complained.

    Safe to repeat, in any order: a settled mail stays as it is. An address is
    suppressed by its first hard bounce or complaint, or by ``soft_bounces`` of the
    other kind within a month.
    """
    run_id = event.mail.tag("run_id")
    if run_id is not None:
        _settle(db, event, run_id)
    with db.system() as tx:
        _suppress(tx, event, soft_bounces)


def _settle(db: Database, event: EmailEvent, run_id: "UUID") -> None:
    with db.system() as tx:
        organization_id = tx.value("organization_of_run", run_id=run_id)
    if organization_id is None:
        return
    reason = NEVER_SENT.get(event.event_type)
    with db.tenant(organization_id) as tx:
        tx.execute(
            "settle_by_event",
            run_id=run_id,
            delivery_id=event.mail.tag("delivery_id"),
            message_id=event.mail.message_id,
            status=EmailStatus.SUPPRESSED if reason else EmailStatus.SENT,
            reason=reason,
        )


def _suppress(tx: Transaction, event: EmailEvent, soft_bounces: int) -> None:
    if event.complaint is not None:
        for recipient in event.complaint.recipients:
            tx.execute(
                "suppress_address", address=recipient.address, reason="complaint"
            )
    if event.bounce is None:
        return
    for recipient in event.bounce.recipients:
        address = recipient.address
        if event.bounce.bounce_type == PERMANENT:
            tx.execute("suppress_address", address=address, reason="hard_bounce")
            continue
        feedback_id = event.bounce.feedback_id
        tx.execute("insert_soft_bounce", address=address, feedback_id=feedback_id)
        if tx.value("count_soft_bounces", address=address) >= soft_bounces:
            tx.execute("suppress_address", address=address, reason="soft_bounces")
