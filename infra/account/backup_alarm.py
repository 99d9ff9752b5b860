"""Tells whoever gets the alarms that a backup of the stack's database has failed."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.account.key import OwnKey

FAILED = ["ABORTED", "EXPIRED", "FAILED"]


class BackupAlarm(Construct):
    """An alarm by an event: AWS Backup reports jobs, and no metric names a database."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        database: rds.CfnDBInstance,
        topic: sns.Topic,
        encryption: OwnKey,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id_)
        # A topic's policy cannot tell this rule from others, a role of its own can.
        role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("events.amazonaws.com")
        )
        encryption.allow_topics(role)
        # As an ARN alone: CDK would give the role the key by a wildcard.
        arn = sns.Topic.from_topic_arn(self, "Topic", topic.topic_arn)
        text = (
            "BackupFailed: a backup of the database has ended as "
            f"{events.EventField.from_path('$.detail.state')}, job "
            f"{events.EventField.from_path('$.detail.backupJobId')}. "
            "See docs/runbook.md, BackupFailed."
        )
        events.Rule(
            self,
            "Failed",
            description="A backup has failed. See docs/runbook.md, BackupFailed.",
            event_pattern=events.EventPattern(
                source=["aws.backup"],
                detail_type=["Backup Job State Change"],
                detail={"state": FAILED, "resourceArn": [backed_up_as(database)]},
            ),
            targets=[
                targets.SnsTopic(
                    arn,
                    message=events.RuleTargetInput.from_text(text),
                    authorize_using_role=True,
                    role=role,
                    dead_letter_queue=dead_letters,
                )
            ],
        )


def backed_up_as(database: rds.CfnDBInstance) -> str:
    """Return the ARN by which AWS Backup knows the instance."""
    return Stack.of(database).format_arn(
        service="rds",
        resource="db",
        resource_name=database.ref,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
