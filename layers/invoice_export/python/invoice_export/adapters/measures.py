"""What the dashboards and alarms count; names and units in one place."""

from collections import Counter
from collections.abc import Iterable

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from invoice_export.contracts.events import OutboundEvent
from invoice_export.contracts.workflow import ReconcileReport

# A mail whose claim ran out is a mail of which nobody knows.
EXPIRED_CLAIM = "expired_claim"


def measure_sweep(
    metrics: Metrics, report: ReconcileReport, *, oldest_run_seconds: float
) -> None:
    """Count what was mended, and how long the oldest open run has been open."""
    reasons = Counter(entry.partition(":")[0] for entry in report.repaired)
    metrics.add_metric("SweepRepairs", MetricUnit.Count, reasons.total())
    measure_unknown_mails(metrics, reasons[EXPIRED_CLAIM])
    metrics.add_metric("OldestRunSeconds", MetricUnit.Seconds, oldest_run_seconds)


def measure_unknown_mails(metrics: Metrics, count: int) -> None:
    """Count mails of which nobody knows whether they left."""
    metrics.add_metric("UnknownMails", MetricUnit.Count, count)


def measure_ended_runs(metrics: Metrics, events: Iterable[OutboundEvent]) -> None:
    """Measure every run that has ended since the last time."""
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
