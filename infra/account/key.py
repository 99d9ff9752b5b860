"""One key for everything stored: files, queues, topics, logs, the database."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class OwnKey(Construct):
    """A customer managed key. Its policy names everyone who may use it."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.key = kms.Key(
            self,
            "Key",
            description="Everything that the invoice export stores",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        # The encryption context names the log group: only this account's may use it.
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LogGroups",
                principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
                actions=[
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:DescribeKey",
                ],
                resources=["*"],
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": (
                            f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:*"
                        )
                    }
                },
            )
        )
        # These services send to encrypted topics and queues on the account's behalf.
        for service in ("cloudwatch", "ses", "sns"):
            own = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            self._allow_messages(service, own)
        # EventBridge names no account when a queue is its target; SQS names the queue.
        queues = f"arn:{Aws.PARTITION}:sqs:{Aws.REGION}:{Aws.ACCOUNT_ID}:*"
        self._allow_messages(
            "events", {"ArnLike": {"kms:EncryptionContext:aws:sqs:arn": queues}}
        )

    def _allow_messages(self, service: str, conditions: Mapping[str, Any]) -> None:
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"Messages{service.title()}",
                principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions=conditions,
            )
        )

    def bucket_options(self) -> dict[str, Any]:
        """Return a bucket's options for encryption."""
        return {
            "encryption": s3.BucketEncryption.KMS,
            "encryption_key": self.key,
            "bucket_key_enabled": True,
        }

    def queue_options(self) -> dict[str, Any]:
        """Return a queue's options for encryption."""
        return {
            "encryption": sqs.QueueEncryption.KMS,
            "encryption_master_key": self.key,
        }

    def allow_queues(self, role: iam.IRole) -> None:
        """Let a role send to encrypted queues, through SQS only."""
        self._allow(role, _through("sqs"), "Decrypt", "GenerateDataKey")

    def allow_topics(self, role: iam.IRole) -> None:
        """Let a role publish to encrypted topics, through SNS only."""
        self._allow(role, _through("sns"), "Decrypt", "GenerateDataKey")

    def allow_trail(self, trail_arn: str) -> None:
        """Let CloudTrail encrypt one trail's log files."""
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Trail",
                principals=[iam.ServicePrincipal("cloudtrail.amazonaws.com")],
                actions=["kms:GenerateDataKey*"],
                resources=["*"],
                conditions={
                    "StringEquals": {
                        "aws:SourceArn": trail_arn,
                        "kms:EncryptionContext:aws:cloudtrail:arn": trail_arn,
                    }
                },
            )
        )

    def allow_environment(self, role: iam.IRole) -> None:
        """Let a function's role read the variables that Lambda encrypts.

        Lambda also makes a grant for this, but binds it to the function's first role.
        """
        account = f"{Aws.REGION}:{Aws.ACCOUNT_ID}"
        function = f"arn:{Aws.PARTITION}:lambda:{account}:function:*"
        context = {"kms:EncryptionContext:aws:lambda:FunctionArn": function}
        self._allow(role, {"ArnLike": context}, "Decrypt")

    def allow_files(self, role: iam.IRole, *actions: str) -> None:
        """Let a role read or write encrypted objects, through S3 only."""
        self._allow(role, _through("s3"), *actions)

    def _allow(
        self, role: iam.IRole, conditions: Mapping[str, Any], *actions: str
    ) -> None:
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ArnPrincipal(role.role_arn)],
                actions=[f"kms:{action}" for action in actions],
                # In a key's policy "*" means this key.
                resources=["*"],
                conditions=conditions,
            )
        )


def _through(service: str) -> dict[str, Any]:
    via = f"{service}.{Aws.REGION}.amazonaws.com"
    return {"StringEquals": {"kms:ViaService": via}}
