"""The metrics of dashboards and alarms: all names and units."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from invoice_export.domain.repairs import RepairReason

if TYPE_CHECKING:
    from invoice_export.contracts.events import OutboundEvent
    from invoice_export.contracts.workflow.reconcile_runs import ReconcileReport


def measure_sweep(
    metrics: Metrics, report: "ReconcileReport", *, oldest_run_seconds: float
) -> None:
    """Count the repairs, and measure the age of the oldest open run."""
    reasons = Counter(repair.reason for repair in report.repaired)
    metrics.add_metric("SweepRepairs", MetricUnit.Count, reasons.total())
    # An expired claim leaves an e-mail that may or may not have been sent.
    measure_unknown_emails(metrics, reasons[RepairReason.EXPIRED_CLAIM])
    metrics.add_metric("OldestRunSeconds", MetricUnit.Seconds, oldest_run_seconds)


def measure_unknown_emails(metrics: Metrics, count: int) -> None:
    """Count e-mails that may or may not have been sent."""
    metrics.add_metric("UnknownMails", MetricUnit.Count, count)


def measure_refused_emails(metrics: Metrics, count: int) -> None:
    """Count e-mails that SES will never accept."""
    metrics.add_metric("RefusedMails", MetricUnit.Count, count)


def measure_digest(metrics: Metrics) -> None:
    """Count that the day has a digest of the audit log, whoever stored it."""
    metrics.add_metric("AuditDigests", MetricUnit.Count, 1)


def measure_ended_runs(metrics: Metrics, events: "Iterable[OutboundEvent]") -> None:
    """Measure every run that has ended since the last sweep."""
    for event in events:
        if event.type == "export.completed":
            for name, unit, key in (
                ("QueueWaitSeconds", MetricUnit.Seconds, "queueSeconds"),
                ("RunSeconds", MetricUnit.Seconds, "runSeconds"),
                ("Rows", MetricUnit.Count, "rowCount"),
            ):
                metrics.add_metric(name, unit, float(event.data.get(key, 0)))
        elif event.type == "export.failed":
            with single_metric("FailedRuns", MetricUnit.Count, 1) as failed:
                failed.add_dimension("code", str(event.data.get("errorCode", "?")))
