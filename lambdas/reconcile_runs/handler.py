"""Reconcile Runs: the sweep, and the ear for executions that end badly."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from invoice_export import wiring
from invoice_export.contracts import ReconcileEvent
from invoice_export.settings import ReconcileRunsSettings
from invoice_export.steps.reconcile_runs import Sweep, SweepPolicy, reconcile_runs
from invoice_export.steps.send_email import EmailPolicy

logger = Logger()


@cache
def dependencies() -> Sweep:
    settings = ReconcileRunsSettings()
    return Sweep(
        db=wiring.database(settings),
        executions=wiring.executions(settings.state_machine_arn),
        files=wiring.files(settings),
        mailer=wiring.mailer(settings),
        policy=SweepPolicy(
            stale_after_seconds=settings.stale_after_seconds,
            leftover_grace_seconds=settings.leftover_grace_seconds,
            max_running=settings.max_running_exports,
            email=EmailPolicy(
                claim_seconds=settings.email_claim_seconds,
                file_retention_days=settings.file_retention_days,
                app_base_url=settings.app_base_url,
            ),
        ),
    )


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    report = reconcile_runs(dependencies(), ReconcileEvent(**event).run)
    logger.info("swept", **report.dump())
    return report.dump()
