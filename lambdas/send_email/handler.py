"""Send Email: tells the requester how the run ended, once."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from invoice_export.adapters.mail import Mailer
from invoice_export.adapters.metrics import (
    measure_refused_emails,
    measure_unknown_emails,
)
from invoice_export.adapters.run_log import about_run
from invoice_export.contracts.workflow.send_email import SendEmailInput
from invoice_export.domain.emails import EmailStatus
from invoice_export.settings import (
    DatabaseSettings,
    FileSettings,
    LinkSettings,
    MailSettings,
)
from invoice_export.steps.send_email import EmailPolicy, send_email
from invoice_export.store.database import Database
from invoice_export.wiring.database import make_database
from invoice_export.wiring.mail import make_email_policy, make_mailer

logger = Logger()
metrics = Metrics()


@cache
def dependencies() -> tuple[Database, Mailer, EmailPolicy]:
    mail = MailSettings.read()
    policy = make_email_policy(mail, FileSettings.read(), LinkSettings.read())
    return make_database(DatabaseSettings.read()), make_mailer(mail), policy


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    db, mailer, policy = dependencies()
    mail = SendEmailInput.parse(event)
    logger.append_keys(kind=mail.kind)
    with about_run(mail):
        result = send_email(db, mailer, mail, policy)
        logger.info("e-mail handled", outcome=result.email)
    measure_unknown_emails(metrics, int(result.email is EmailStatus.UNKNOWN))
    measure_refused_emails(metrics, int(result.email is EmailStatus.REFUSED))
    return result.dump()
