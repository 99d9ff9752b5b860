"""What wakes somebody up.

Every alarm has its section in ``docs/runbook.md``; a test compares the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.account.dashboard import (
    FIVE_MINUTES,
    draw_dashboard,
    own_metric,
    unknown_mails,
)
from infra.account.key import OwnKey
from infra.api import Api
from infra.config import AccountConfig, DatabaseSize

Comparison = cloudwatch.ComparisonOperator
Missing = cloudwatch.TreatMissingData
HOUR = Duration.hours(1)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Everything that the alarms look at."""

    api: Api
    functions: Sequence[lambda_.Function]
    machine: sfn.StateMachine
    dead_letters: sqs.IQueue
    database: rds.CfnDBInstance | None


class Alarms(Construct):
    """One topic for all; its subscribers are the account's business."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        account: AccountConfig,
        encryption: OwnKey,
        watched: Watched,
    ) -> None:
        super().__init__(scope, id_)
        self.topic = sns.Topic(
            self, "Topic", master_key=encryption.key, enforce_ssl=True
        )
        # A policy of one's own takes the place of the one that let the account publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        if account.alarm_email:
            self.topic.add_subscription(
                subscriptions.EmailSubscription(
                    account.alarm_email, dead_letter_queue=watched.dead_letters
                )
            )
        self._alarms: list[cloudwatch.Alarm] = []
        self._watch_runs(account, watched)
        self._watch_api(account, watched)
        self._watch_functions(watched.functions)
        self._watch_letters(watched.dead_letters)
        if watched.database:
            self._watch_database(account.database_size, watched.database)
        draw_dashboard(
            self,
            alarms=self._alarms,
            machine=watched.machine,
            api=watched.api.rest_api,
        )

    def _watch_runs(self, account: AccountConfig, watched: Watched) -> None:
        self._alarm(
            "ExportsFailing",
            watched.machine.metric_failed(period=FIVE_MINUTES),
            threshold=3,
            about="Several executions ended in Run Failed within five minutes.",
        )
        self._alarm(
            "LaneStandsStill",
            own_metric("OldestRunSeconds", "Maximum", FIVE_MINUTES),
            threshold=account.oldest_run_seconds,
            about="A run is queued or running for longer than any run should be.",
        )
        self._alarm(
            "SweepSilent",
            own_metric("OldestRunSeconds", "SampleCount", FIVE_MINUTES),
            threshold=1,
            comparison=Comparison.LESS_THAN_THRESHOLD,
            missing=Missing.BREACHING,
            about="The sweep, which repairs whatever stopped half-way, does not run.",
        )
        self._alarm(
            "MailUnknown",
            unknown_mails(),
            threshold=1,
            about="Nobody knows whether a mail left: a person has to decide.",
        )
        self._alarm(
            "SweepRepairsOften",
            own_metric("SweepRepairs", "Sum", HOUR),
            threshold=account.sweep_repairs_per_hour,
            about="Runs keep stopping half-way; the sweep hides it, it does not heal.",
        )

    def _watch_api(self, account: AccountConfig, watched: Watched) -> None:
        self._alarm(
            "ApiSlow",
            watched.api.rest_api.metric_latency(statistic="p99", period=FIVE_MINUTES),
            threshold=account.api_p99_milliseconds,
            periods=3,
            about="One request in a hundred waits longer than it should.",
        )
        self._alarm(
            "ApiFailing",
            watched.api.rest_api.metric_server_error(
                statistic="Sum", period=FIVE_MINUTES
            ),
            threshold=5,
            about="The API answers 5xx.",
        )

    def _watch_functions(self, functions: Sequence[lambda_.Function]) -> None:
        # The steps' own errors are retried, and end in Run Failed if that is no help.
        errors = {
            function.node.id[0].lower() + function.node.id[1:]: function.metric_errors(
                period=FIVE_MINUTES
            )
            for function in functions
        }
        self._alarm(
            "FunctionsFailing",
            cloudwatch.MathExpression(
                expression=f"SUM([{', '.join(errors)}])",
                using_metrics=errors,
                period=FIVE_MINUTES,
                label="errors outside the state machine",
            ),
            threshold=10,
            about="Functions beside the state machine raise errors.",
        )

    def _watch_letters(self, dead_letters: sqs.IQueue) -> None:
        self._alarm(
            "DeadLetters",
            dead_letters.metric_approximate_number_of_messages_visible(
                period=FIVE_MINUTES, statistic="Maximum"
            ),
            threshold=1,
            about="An event could not be handled, or a webhook not be delivered.",
        )

    def _watch_database(self, size: DatabaseSize, database: rds.CfnDBInstance) -> None:
        def metric(name: str, statistic: str) -> cloudwatch.Metric:
            return cloudwatch.Metric(
                namespace="AWS/RDS",
                metric_name=name,
                statistic=statistic,
                period=FIVE_MINUTES,
                dimensions_map={"DBInstanceIdentifier": database.ref},
            )

        self._alarm(
            "DatabaseConnections",
            metric("DatabaseConnections", "Maximum"),
            threshold=size.max_connections * 0.8,
            about="Four fifths of the database's connections are taken.",
        )
        self._alarm(
            "DatabaseBusy",
            metric("CPUUtilization", "Average"),
            threshold=90,
            periods=3,
            about="The database's processors are at their limit.",
        )
        self._alarm(
            "DatabaseFull",
            metric("FreeStorageSpace", "Minimum"),
            threshold=size.storage_gb * 1e9 / 10,
            comparison=Comparison.LESS_THAN_THRESHOLD,
            about="Less than a tenth of the first storage is free.",
        )

    def _alarm(
        self,
        id_: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        about: str,
        periods: int = 1,
        comparison: Comparison = Comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        missing: Missing = Missing.NOT_BREACHING,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            id_,
            alarm_description=f"{about} See docs/runbook.md, {id_}.",
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=comparison,
            treat_missing_data=missing,
        )
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        self._alarms.append(alarm)
