"""What raises an alarm, and when.

Every alarm has a section of its name in ``docs/runbook.md``; a test compares the two.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from infra.account.alarm_row import AlarmRow, Comparison, Missing
from infra.account.dashboard import (
    DAY,
    DIGESTER,
    FIVE_MINUTES,
    MAILER,
    own_metric,
    unknown_mails,
)
from infra.account.database_alarms import database_alarms
from infra.account.versions import ALIAS
from infra.config import AccountConfig

# It also stops a release.
RELEASE_FAILING = "ReleaseFailing"
HOUR = Duration.hours(1)
# A digest a day, and two hours for one that is late.
DIGEST_HOURS = 26


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Everything that the alarms watch."""

    api: apigateway.RestApi
    # Errors of a step are retried; the last one ends in Run Failed.
    functions: Sequence[lambda_.Function]
    steps: Sequence[lambda_.Function]
    http_api: lambda_.Function
    machine: sfn.StateMachine
    dead_letters: sqs.IQueue
    # By the id of the trigger.
    queues: Mapping[str, sqs.Queue]
    # None where the account watches a database of its own.
    database: rds.CfnDBInstance | None


def alarm_rows(account: AccountConfig, watched: Watched) -> Iterator[AlarmRow]:
    """Every alarm of the stage."""
    yield from _run_alarms(account, watched)
    yield from _api_alarms(account, watched)
    yield from _mail_alarms(account)
    yield from _function_alarms(watched)
    yield AlarmRow(
        id="DigestMissing",
        metric=own_metric("AuditDigests", "Sum", HOUR, function=DIGESTER),
        threshold=1,
        periods=DIGEST_HOURS,
        comparison=Comparison.LESS_THAN_THRESHOLD,
        missing=Missing.BREACHING,
        about="The audit log has had no digest for more than a day.",
    )
    yield AlarmRow(
        id="DeadLetters",
        metric=watched.dead_letters.metric_approximate_number_of_messages_visible(
            period=FIVE_MINUTES, statistic="Maximum"
        ),
        threshold=1,
        about="An event could not be handled, or a webhook could not be delivered.",
    )
    for name, queue in watched.queues.items():
        yield AlarmRow(
            id=f"{name}Waiting",
            metric=queue.metric_approximate_age_of_oldest_message(
                period=FIVE_MINUTES, statistic="Maximum"
            ),
            threshold=account.oldest_message_seconds,
            about="A message has waited for longer than all its attempts take.",
        )
    if account.certificate_arn:
        yield AlarmRow(
            id="CertificateExpiring",
            metric=cloudwatch.Metric(
                namespace="AWS/CertificateManager",
                metric_name="DaysToExpiry",
                dimensions_map={"CertificateArn": account.certificate_arn},
                statistic="Minimum",
                period=DAY,
            ),
            threshold=account.certificate_days,
            comparison=Comparison.LESS_THAN_THRESHOLD,
            about="The certificate of the API's domain has not been renewed.",
        )
    if watched.database:
        yield from database_alarms(account, watched.database)


def _run_alarms(account: AccountConfig, watched: Watched) -> Iterator[AlarmRow]:
    yield AlarmRow(
        id="ExportsFailing",
        metric=watched.machine.metric_failed(period=FIVE_MINUTES),
        threshold=3,
        about="Several executions ended in Run Failed within five minutes.",
    )
    yield AlarmRow(
        id="ExecutionsTimedOut",
        # Aborted executions are no fault: that is how a cancelled run ends.
        metric=watched.machine.metric_timed_out(period=FIVE_MINUTES),
        threshold=1,
        about="An execution ran out of the state machine's time.",
    )
    yield AlarmRow(
        id="LaneStandsStill",
        metric=own_metric("OldestRunSeconds", "Maximum", FIVE_MINUTES),
        threshold=account.oldest_run_seconds,
        about="A run has been queued or running for too long.",
    )
    yield AlarmRow(
        id="SweepSilent",
        metric=own_metric("OldestRunSeconds", "SampleCount", FIVE_MINUTES),
        threshold=1,
        comparison=Comparison.LESS_THAN_THRESHOLD,
        missing=Missing.BREACHING,
        about="The sweep, which repairs runs that stopped half-way, does not run.",
    )
    yield AlarmRow(
        id="MailUnknown",
        metric=unknown_mails(),
        threshold=1,
        about="Nobody knows whether a mail left: a person has to decide.",
    )
    yield AlarmRow(
        id="SweepRepairsOften",
        metric=own_metric("SweepRepairs", "Sum", HOUR),
        threshold=account.sweep_repairs_per_hour,
        about="Runs keep stopping half-way, and the sweep masks the fault.",
    )


def _api_alarms(account: AccountConfig, watched: Watched) -> Iterator[AlarmRow]:
    yield AlarmRow(
        id="ApiSlow",
        metric=cloudwatch.MathExpression(
            expression=f"IF(requests >= {account.api_p99_requests}, latency)",
            using_metrics={
                "requests": watched.api.metric_count(period=FIVE_MINUTES),
                "latency": watched.api.metric_latency(
                    statistic="p99", period=FIVE_MINUTES
                ),
            },
            period=FIVE_MINUTES,
            label="p99 where there are enough requests",
        ),
        threshold=account.api_p99_milliseconds,
        periods=3,
        about="One request in a hundred takes too long.",
    )
    yield AlarmRow(
        id="ApiFailing",
        metric=watched.api.metric_server_error(statistic="Sum", period=FIVE_MINUTES),
        threshold=5,
        about="The API answers 5xx.",
    )


def _mail_alarms(account: AccountConfig) -> Iterator[AlarmRow]:
    yield AlarmRow(
        id="MailRefused",
        metric=own_metric("RefusedMails", "Sum", FIVE_MINUTES, function=MAILER),
        threshold=1,
        about="A run is complete, but SES will never accept its mail.",
    )
    # SES judges the account as a whole, so these two name no sender.
    for name, threshold, about in (
        ("BounceRate", account.bounce_rate, "Too many of the account's mails bounce."),
        ("ComplaintRate", account.complaint_rate, "Too many people report mail."),
    ):
        yield AlarmRow(
            id=f"Sender{name}",
            metric=cloudwatch.Metric(
                namespace="AWS/SES",
                metric_name=f"Reputation.{name}",
                statistic="Average",
                period=HOUR,
            ),
            threshold=threshold,
            about=about,
        )


def _function_alarms(watched: Watched) -> Iterator[AlarmRow]:
    outside, steps = watched.functions, watched.steps
    yield AlarmRow(
        id=RELEASE_FAILING,
        metric=_errors_of_newest(watched.http_api),
        threshold=1,
        about="The newest version of http_api raises errors.",
    )
    yield AlarmRow(
        id="FunctionsFailing",
        metric=_sum("errors", [(f, f.metric_errors) for f in outside]),
        threshold=10,
        about="Functions outside the state machine raise errors.",
    )
    # An alarm takes ten metrics at most, so there are two.
    for id_, functions in (("FunctionsThrottled", outside), ("StepsThrottled", steps)):
        yield AlarmRow(
            id=id_,
            metric=_sum("throttles", [(f, f.metric_throttles) for f in functions]),
            threshold=10,
            periods=3,
            about="Lambda keeps turning invocations away.",
        )


def _errors_of_newest(function: lambda_.Function) -> cloudwatch.Metric:
    """Return the errors of the version that a release moves requests to."""
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name="Errors",
        dimensions_map={
            "FunctionName": function.function_name,
            "Resource": f"{function.function_name}:{ALIAS}",
            "ExecutedVersion": function.current_version.version,
        },
        statistic="Sum",
        period=Duration.minutes(1),
    )


def _sum(
    label: str,
    measured: Sequence[tuple[lambda_.Function, Callable[..., cloudwatch.Metric]]],
) -> cloudwatch.MathExpression:
    # A metric's id in an expression begins with a small letter.
    parts: dict[str, cloudwatch.IMetric] = {
        function.node.id[0].lower() + function.node.id[1:]: measure(period=FIVE_MINUTES)
        for function, measure in measured
    }
    return cloudwatch.MathExpression(
        expression=f"SUM([{', '.join(parts)}])",
        using_metrics=parts,
        period=FIVE_MINUTES,
        label=label,
    )
