"""Reconcile Runs: the sweep; also handles failed executions."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from invoice_export.adapters.event_queue import EventQueue
from invoice_export.adapters.metrics import measure_ended_runs, measure_sweep
from invoice_export.contracts.workflow.reconcile_runs import ReconcileEvent
from invoice_export.settings import (
    DatabaseSettings,
    FileSettings,
    LinkSettings,
    MailSettings,
    Seconds,
    Settings,
    StartSettings,
)
from invoice_export.steps.publish_events import oldest_run_seconds, publish_events
from invoice_export.steps.reconcile_runs import Sweep, SweepPolicy, reconcile_runs
from invoice_export.wiring.database import make_database
from invoice_export.wiring.events import make_event_queue
from invoice_export.wiring.executions import make_executions
from invoice_export.wiring.files import make_files
from invoice_export.wiring.mail import make_email_policy, make_mailer

logger = Logger()
metrics = Metrics()


class ReconcileRunsSettings(Settings):
    """Of this function alone."""

    stale_after_seconds: Seconds
    cleanup_grace_seconds: Seconds
    events_queue_url: str = ""


@cache
def dependencies() -> tuple[Sweep, EventQueue | None]:
    settings, starts = ReconcileRunsSettings.read(), StartSettings.read()
    kept, mail = FileSettings.read(), MailSettings.read()
    sweep = Sweep(
        db=make_database(DatabaseSettings.read()),
        executions=make_executions(
            starts.state_machine_arn, starts.state_machine_alias
        ),
        files=make_files(kept),
        mailer=make_mailer(mail),
        policy=SweepPolicy(
            stale_after_seconds=settings.stale_after_seconds,
            cleanup_grace_seconds=settings.cleanup_grace_seconds,
            max_running=starts.max_running_exports,
            email=make_email_policy(mail, kept, LinkSettings.read()),
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
