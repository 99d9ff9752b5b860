"""Copies of a bucket's objects in a bucket that no function reaches."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra.acknowledge import acknowledge

CfnBucket = s3.CfnBucket
# cdk-nag spells the pseudo parameter out.
NAGS_PARTITION = "<AWS::Partition>"


def copy_to(
    copies_bucket: str, *, key_arn: str, bucket: s3.Bucket, prefix: str, role: iam.IRole
) -> None:
    """Replicate what lies under ``prefix``, encrypted there with ``key_arn``.

    ``role`` needs :func:`allow_copies` as well.
    """
    resource = bucket.node.default_child
    assert isinstance(resource, CfnBucket)  # noqa: S101
    resource.replication_configuration = CfnBucket.ReplicationConfigurationProperty(
        role=role.role_arn,
        rules=[
            CfnBucket.ReplicationRuleProperty(
                id="copy",
                status="Enabled",
                priority=1,
                filter=CfnBucket.ReplicationRuleFilterProperty(
                    prefix=prefix.removesuffix("*")
                ),
                delete_marker_replication=CfnBucket.DeleteMarkerReplicationProperty(
                    status="Enabled"
                ),
                source_selection_criteria=CfnBucket.SourceSelectionCriteriaProperty(
                    sse_kms_encrypted_objects=CfnBucket.SseKmsEncryptedObjectsProperty(
                        status="Enabled"
                    )
                ),
                destination=CfnBucket.ReplicationDestinationProperty(
                    bucket=f"arn:{Aws.PARTITION}:s3:::{copies_bucket}",
                    encryption_configuration=CfnBucket.EncryptionConfigurationProperty(
                        replica_kms_key_id=key_arn
                    ),
                ),
            )
        ],
    )


def allow_copies(
    copies_bucket: str,
    *,
    key_arn: str,
    sources: Sequence[tuple[s3.Bucket, str]],
    role: iam.Role,
) -> None:
    """Let ``role`` read the sources and write copies, also in another account.

    There the bucket's and the key's policies have to name the role too.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    for bucket, prefix in sources:
        _admit(
            bucket,
            role,
            bucket.bucket_arn,
            "s3:GetReplicationConfiguration",
            "s3:ListBucket",
        )
        _admit(
            bucket,
            role,
            bucket.arn_for_objects(prefix),
            "s3:GetObjectVersionForReplication",
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionTagging",
        )
    copies = f"arn:{Aws.PARTITION}:s3:::{copies_bucket}/*"
    policy = iam.ManagedPolicy(
        role,
        "Copies",
        description="Write second copies of files and access logs",
        roles=[role],
        statements=[
            iam.PolicyStatement(
                actions=[
                    "s3:ReplicateObject",
                    "s3:ReplicateDelete",
                    "s3:ReplicateTags",
                ],
                resources=[copies],
            ),
            iam.PolicyStatement(actions=["kms:Encrypt"], resources=[key_arn]),
        ],
    )
    acknowledge(
        policy,
        f"AwsSolutions-IAM5[Resource::{copies.replace(Aws.PARTITION, NAGS_PARTITION)}]",
        reason="Replication writes whatever the sources hold, access logs included.",
    )


def _admit(bucket: s3.Bucket, role: iam.IRole, arn: str, *actions: str) -> None:
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ArnPrincipal(role.role_arn)],
            actions=list(actions),
            resources=[arn],
        )
    )
