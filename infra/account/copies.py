"""Copies of a bucket's objects in a bucket that no function reaches."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

CfnBucket = s3.CfnBucket


def copy_to(
    copies_bucket: str, *, key_arn: str, bucket: s3.Bucket, prefix: str, role: iam.IRole
) -> None:
    """Replicate what lies under ``prefix``, encrypted there with ``key_arn``."""
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
                    bucket=f"arn:aws:s3:::{copies_bucket}",
                    encryption_configuration=CfnBucket.EncryptionConfigurationProperty(
                        replica_kms_key_id=key_arn
                    ),
                ),
            )
        ],
    )
    _allow(
        bucket,
        role,
        bucket.bucket_arn,
        "s3:GetReplicationConfiguration",
        "s3:ListBucket",
    )
    _allow(
        bucket,
        role,
        bucket.arn_for_objects(prefix),
        "s3:GetObjectVersionForReplication",
        "s3:GetObjectVersionAcl",
        "s3:GetObjectVersionTagging",
    )


def _allow(bucket: s3.Bucket, role: iam.IRole, arn: str, *actions: str) -> None:
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ArnPrincipal(role.role_arn)],
            actions=list(actions),
            resources=[arn],
        )
    )
