"""Creates the sender of e-mails."""

from invoice_export.adapters.mail import Mailer
from invoice_export.settings import FileSettings, LinkSettings, MailSettings
from invoice_export.steps.send_email import EmailPolicy
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


def make_email_policy(
    settings: MailSettings, kept: FileSettings, links: LinkSettings
) -> EmailPolicy:
    """Return the stage's policy, by which a step or the sweep sends an e-mail."""
    return EmailPolicy(
        claim_seconds=settings.email_claim_seconds,
        file_retention_days=kept.file_retention_days,
        app_base_url=links.app_base_url,
    )
