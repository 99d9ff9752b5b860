"""CloudTrail's record of every read and write in the bucket of files."""

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.account.key import OwnKey
from infra.acknowledge import acknowledge

PREFIX = "data-events"
CfnTrail = cloudtrail.CfnTrail


class DataEvents(Construct):
    """Access logs are best effort; these events are complete, and charged each."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        files: s3.Bucket,
        logs: s3.Bucket,
        encryption: OwnKey,
    ) -> None:
        super().__init__(scope, id_)
        name = f"{Aws.STACK_NAME}-files"
        arn = Stack.of(self).format_arn(
            service="cloudtrail",
            resource="trail",
            resource_name=name,
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        encryption.allow_trail(arn)
        _admit(logs, arn, "s3:GetBucketAcl", logs.bucket_arn)
        written = logs.arn_for_objects(f"{PREFIX}/AWSLogs/{Aws.ACCOUNT_ID}/*")
        _admit(logs, arn, "s3:PutObject", written)
        trail = CfnTrail(
            self,
            "Trail",
            trail_name=name,
            s3_bucket_name=logs.bucket_name,
            s3_key_prefix=PREFIX,
            kms_key_id=encryption.key.key_arn,
            enable_log_file_validation=True,
            is_logging=True,
            is_multi_region_trail=True,
            include_global_service_events=True,
            advanced_event_selectors=[
                CfnTrail.AdvancedEventSelectorProperty(
                    name="Objects of the files",
                    field_selectors=[
                        _field("eventCategory", equals=["Data"]),
                        _field("resources.type", equals=["AWS::S3::Object"]),
                        _field("resources.ARN", starts_with=[f"{files.bucket_arn}/"]),
                    ],
                )
            ],
        )
        # CloudTrail tries to write before it accepts a bucket.
        trail.node.add_dependency(logs.policy)
        acknowledge(
            trail,
            "NIST.800.53.R5-CloudTrailCloudWatchLogsEnabled",
            reason="Whoever asks for a record of objects searches it in the bucket; "
            "a second copy in CloudWatch Logs costs more than the events do.",
        )
        acknowledge(
            trail,
            "CKV_AWS_252",
            reason="A topic would get a message for each log file, every five minutes, "
            "and nobody acts on the arrival of a file.",
        )


def _field(
    name: str, *, equals: list[str] | None = None, starts_with: list[str] | None = None
) -> CfnTrail.AdvancedFieldSelectorProperty:
    return CfnTrail.AdvancedFieldSelectorProperty(
        field=name, equal_to=equals, starts_with=starts_with
    )


def _admit(bucket: s3.Bucket, trail_arn: str, action: str, resource: str) -> None:
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("cloudtrail.amazonaws.com")],
            actions=[action],
            resources=[resource],
            conditions={"StringEquals": {"aws:SourceArn": trail_arn}},
        )
    )
