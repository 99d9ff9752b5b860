"""Reconcile Runs: the sweep; also handles failed executions."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from invoice_export.adapters.event_queue import EventQueue
from invoice_export.adapters.metrics import measure_ended_runs, measure_sweep
from invoice_export.contracts.workflow.reconcile_runs import ReconcileEvent
from invoice_export.settings import (
    DatabaseSettings,
    FileSettings,
    MailSettings,
    Name,
    Seconds,
    StartSettings,
)
from invoice_export.steps.publish_events import oldest_run_seconds, publish_events
from invoice_export.steps.reconcile_runs import Sweep, SweepPolicy, reconcile_runs
from invoice_export.steps.send_email import EmailPolicy
from invoice_export.wiring.database import make_database
from invoice_export.wiring.events import make_event_queue
from invoice_export.wiring.executions import make_executions
from invoice_export.wiring.files import make_files
from invoice_export.wiring.mail import make_mailer

logger = Logger()
metrics = Metrics()


@dataclass(frozen=True, kw_only=True)
class ReconcileRunsSettings(
    DatabaseSettings, StartSettings, FileSettings, MailSettings
):
    """Environment of ``reconcile_runs``."""

    app_base_url: Name
    stale_after_seconds: Seconds
    cleanup_grace_seconds: Seconds
    events_queue_url: str = ""


@cache
def dependencies() -> tuple[Sweep, EventQueue | None]:
    settings = ReconcileRunsSettings.read()
    sweep = Sweep(
        db=make_database(settings),
        executions=make_executions(
            settings.state_machine_arn, settings.state_machine_alias
        ),
        files=make_files(settings),
        mailer=make_mailer(settings),
        policy=SweepPolicy(
            stale_after_seconds=settings.stale_after_seconds,
            cleanup_grace_seconds=settings.cleanup_grace_seconds,
            max_running=settings.max_running_exports,
            email=EmailPolicy(
                claim_seconds=settings.email_claim_seconds,
                file_retention_days=settings.file_retention_days,
                app_base_url=settings.app_base_url,
            ),
        ),
    )
    return sweep, make_event_queue(settings.events_queue_url)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    sweep, queue = dependencies()
    report = reconcile_runs(sweep, ReconcileEvent.parse(event).run)
    logger.info("swept", **report.dump())
    measure_sweep(metrics, report, oldest_run_seconds=oldest_run_seconds(sweep.db))
    if queue is not None:
        measure_ended_runs(metrics, publish_events(sweep.db, queue))
    return report.dump()
