"""Daily snapshots in a vault, in addition to the instance's point-in-time backups."""

from aws_cdk import ArnFormat, Aws, Duration, Names, RemovalPolicy, Stack
from aws_cdk import aws_backup as backup
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from constructs import Construct


class Backup(Construct):
    """Backs up one instance with the account's role for backups."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        instance: rds.CfnDBInstance,
        days: int,
        role_arn: str | None,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        plan = backup.BackupPlan(
            self,
            "Plan",
            backup_plan_name=Stack.of(self).stack_name,
            backup_vault=backup.BackupVault(
                self,
                "Vault",
                encryption_key=key,
                # Its name is fixed: a failed first deployment must not keep it.
                removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            ),
        )
        plan.add_rule(
            backup.BackupPlanRule(
                schedule_expression=events.Schedule.cron(hour="3", minute="0"),
                delete_after=Duration.days(days),
            )
        )
        default = (
            f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/service-role/"
            "AWSBackupDefaultServiceRole"
        )
        backup.CfnBackupSelection(
            self,
            "Selection",
            backup_plan_id=plan.backup_plan_id,
            backup_selection=backup.CfnBackupSelection.BackupSelectionResourceTypeProperty(
                selection_name=Names.unique_resource_name(self, max_length=50),
                iam_role_arn=role_arn or default,
                resources=[
                    Stack.of(self).format_arn(
                        service="rds",
                        resource="db",
                        resource_name=instance.ref,
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                ],
            ),
        )
