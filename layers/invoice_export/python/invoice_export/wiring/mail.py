"""Creates the sender of e-mails."""

from invoice_export.adapters.mail import Mailer
from invoice_export.settings import MailSettings
from invoice_export.wiring.clients import make_client, prepare_client
from invoice_export.wiring.snapshots import prepare_module

prepare_client("ses")
prepare_module("jinja2")


def make_mailer(settings: MailSettings) -> Mailer:
    """Return the mailer.

    Its client makes one attempt: SES has no idempotency token, and the SDK's own retry
    is the classic duplicate.
    """
    client = make_client("ses", attempts=1, read_timeout=20)
    return Mailer(client, settings.sender_address, settings.ses_configuration_set)
