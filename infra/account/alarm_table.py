"""What raises an alarm, and when.

Every alarm has a section of its name in ``docs/runbook.md``; a test compares the two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from infra.account.dashboard import FIVE_MINUTES, own_metric, unknown_mails
from infra.config import AccountConfig

Comparison = cloudwatch.ComparisonOperator
Missing = cloudwatch.TreatMissingData
HOUR = Duration.hours(1)


@dataclass(frozen=True, kw_only=True)
class AlarmRow:
    """A metric and its threshold, in words that whoever is woken understands."""

    id: str
    metric: cloudwatch.IMetric
    threshold: float
    about: str
    periods: int = 1
    comparison: Comparison = Comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
    missing: Missing = Missing.NOT_BREACHING


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Everything that the alarms watch."""

    api: apigateway.RestApi
    # Errors of a step are retried; the last one ends in Run Failed.
    functions: Sequence[lambda_.Function]
    machine: sfn.StateMachine
    dead_letters: sqs.IQueue
    # None where the account watches a database of its own.
    database: rds.CfnDBInstance | None


def alarm_rows(account: AccountConfig, watched: Watched) -> Iterator[AlarmRow]:
    """Every alarm of the stage."""
    yield from _run_alarms(account, watched)
    yield from _api_alarms(account, watched)
    yield _function_alarm(watched.functions)
    yield AlarmRow(
        id="DeadLetters",
        metric=watched.dead_letters.metric_approximate_number_of_messages_visible(
            period=FIVE_MINUTES, statistic="Maximum"
        ),
        threshold=1,
        about="An event could not be handled, or a webhook could not be delivered.",
    )
    if watched.database:
        yield from _database_alarms(account, watched.database)


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


def _function_alarm(functions: Sequence[lambda_.Function]) -> AlarmRow:
    # A metric's id in an expression begins with a small letter.
    errors: dict[str, cloudwatch.IMetric] = {
        function.node.id[0].lower() + function.node.id[1:]: function.metric_errors(
            period=FIVE_MINUTES
        )
        for function in functions
    }
    return AlarmRow(
        id="FunctionsFailing",
        metric=cloudwatch.MathExpression(
            expression=f"SUM([{', '.join(errors)}])",
            using_metrics=errors,
            period=FIVE_MINUTES,
            label="errors outside the state machine",
        ),
        threshold=10,
        about="Functions outside the state machine raise errors.",
    )


def _database_alarms(
    account: AccountConfig, database: rds.CfnDBInstance
) -> Iterator[AlarmRow]:
    size = account.database_size

    def metric(name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/RDS",
            metric_name=name,
            statistic=statistic,
            period=FIVE_MINUTES,
            dimensions_map={"DBInstanceIdentifier": database.ref},
        )

    yield AlarmRow(
        id="DatabaseConnections",
        metric=metric("DatabaseConnections", "Maximum"),
        threshold=size.max_connections * 0.8,
        about="Four fifths of the database's connections are taken.",
    )
    yield AlarmRow(
        id="DatabaseBusy",
        metric=metric("CPUUtilization", "Average"),
        threshold=90,
        periods=3,
        about="The database's processors are at their limit.",
    )
    yield AlarmRow(
        id="DatabaseFull",
        metric=metric("FreeStorageSpace", "Minimum"),
        threshold=size.storage_gb * 1e9 / 10,
        comparison=Comparison.LESS_THAN_THRESHOLD,
        about="Less than a tenth of the initial storage is free.",
    )
