"""The messages of Send Email."""

from invoice_export.contracts.messages import Message
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.domain.emails import EmailKind, EmailStatus


class SendEmailInput(RunRef):
    """Input of ``send_email``."""

    kind: EmailKind


class EmailResult(Message):
    """Answer of ``send_email``; no status if no e-mail was owed."""

    email: EmailStatus | None
