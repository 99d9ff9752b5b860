"""The dashboard that people open first, and the metrics that our functions write."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.config import METRICS_NAMESPACE

FIVE_MINUTES = Duration.minutes(5)
DAY = Duration.days(1)
SWEEP, MAILER = "reconcile_runs", "send_email"
DIGESTER = "digest_audit_log"
Graphs = dict[str, list[cloudwatch.IMetric]]


def add_dashboard(
    scope: Construct,
    *,
    alarms: Sequence[cloudwatch.Alarm],
    machine: sfn.StateMachine,
    api: apigateway.RestApi,
) -> None:
    """Show all alarms on top, and below them how runs and the API are doing."""
    board = cloudwatch.Dashboard(scope, "Dashboard", default_interval=Duration.hours(3))
    board.add_widgets(cloudwatch.AlarmStatusWidget(alarms=alarms, width=24, height=3))
    for row in (_runs(machine), _api(api), _failures()):
        board.add_widgets(
            *(
                cloudwatch.GraphWidget(title=title, left=metrics, width=8)
                for title, metrics in row.items()
            )
        )


def own_metric(
    name: str, statistic: str, period: Duration, *, function: str = SWEEP
) -> cloudwatch.Metric:
    """Return a metric that one of the functions writes.

    Powertools writes each metric under its service's name, so no other name finds it.
    """
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=name,
        dimensions_map={"service": function},
        statistic=statistic,
        period=period,
    )


def _runs(machine: sfn.StateMachine) -> Graphs:
    return {
        "Executions": [
            machine.metric_started(),
            machine.metric_succeeded(),
            machine.metric_failed(),
        ],
        "Seconds until a run starts, and until it ends": [
            own_metric("QueueWaitSeconds", "p90", FIVE_MINUTES),
            own_metric("RunSeconds", "p90", FIVE_MINUTES),
        ],
        "Rows": [own_metric("Rows", "Sum", FIVE_MINUTES)],
    }


def _api(api: apigateway.RestApi) -> Graphs:
    return {
        "API": [
            api.metric_count(),
            api.metric_client_error(),
            api.metric_server_error(),
        ],
        "API, milliseconds": [
            api.metric_latency(statistic="p50"),
            api.metric_latency(statistic="p99"),
        ],
        "Repairs, unknown and refused mails": [
            own_metric("SweepRepairs", "Sum", FIVE_MINUTES),
            unknown_mails(),
            own_metric("RefusedMails", "Sum", FIVE_MINUTES, function=MAILER),
        ],
    }


def _failures() -> Graphs:
    # A name with a hyphen needs its quotation marks here.
    by_code = f'{{"{METRICS_NAMESPACE}",code,service}}'
    search = f"SEARCH('{by_code} MetricName=\"FailedRuns\"', 'Sum', 300)"
    return {
        "Failed runs, by code": [
            cloudwatch.MathExpression(expression=search, label="", period=FIVE_MINUTES)
        ],
        "Digests of the audit log": [
            own_metric("AuditDigests", "Sum", DAY, function=DIGESTER)
        ],
    }


def unknown_mails() -> cloudwatch.MathExpression:
    """Add up those that the mailer finds and those that only the sweep finds."""
    return cloudwatch.MathExpression(
        expression="FILL(mailer, 0) + FILL(sweep, 0)",
        using_metrics={
            "mailer": own_metric("UnknownMails", "Sum", FIVE_MINUTES, function=MAILER),
            "sweep": own_metric("UnknownMails", "Sum", FIVE_MINUTES),
        },
        period=FIVE_MINUTES,
        label="UnknownMails",
    )
