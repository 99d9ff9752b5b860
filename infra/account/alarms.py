"""The alarms, the topic that they go to, and the dashboard."""

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.account.alarm_row import AlarmRow
from infra.account.alarm_table import Watched, alarm_rows
from infra.account.dashboard import add_dashboard
from infra.account.key import OwnKey
from infra.config import AccountConfig


class Alarms(Construct):
    """All alarms go to one topic; who subscribes to it is the account's business."""

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
        self._topic = sns.Topic(
            self, "Topic", master_key=encryption.key, enforce_ssl=True
        )
        # A topic with a policy loses the default one, which lets the account publish.
        self._topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self._topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        if account.alarm_email:
            self._topic.add_subscription(
                subscriptions.EmailSubscription(
                    account.alarm_email, dead_letter_queue=watched.dead_letters
                )
            )
        add_dashboard(
            self,
            alarms=[self._add(row) for row in alarm_rows(account, watched)],
            machine=watched.machine,
            api=watched.api,
        )

    def _add(self, row: AlarmRow) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            row.id,
            alarm_description=f"{row.about} See docs/runbook.md, {row.id}.",
            metric=row.metric,
            threshold=row.threshold,
            evaluation_periods=row.periods,
            comparison_operator=row.comparison,
            treat_missing_data=row.missing,
        )
        action = actions.SnsAction(self._topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        return alarm
