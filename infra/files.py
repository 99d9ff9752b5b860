"""The bucket of parts and files, and who may do what in it."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.account.encryption import Encryption
from infra.config import AccountConfig, StageConfig

PARTS = "parts/*"
EXPORTS = "exports/*"


class Files(Construct):
    """Parts live under ``parts/``, finished files under ``exports/``.

    Roles are let in by the bucket's policy, not by their own: one document says who
    reaches which prefix, and no role carries a wildcard for it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        encryption: Encryption | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._encryption = encryption
        account = config.account
        logs = self._access_logs(encryption.key) if encryption else None
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            **_closed(encryption.key if encryption else None),
            versioned=encryption is not None,
            server_access_logs_bucket=logs,
            server_access_logs_prefix="files/" if logs else None,
            # Never auto_delete_objects: its custom resource hangs on local engines.
            removal_policy=config.removal_policy,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="expire-parts",
                    prefix="parts/",
                    expiration=Duration.days(config.part_retention_days),
                ),
                s3.LifecycleRule(
                    id="expire-files",
                    prefix="exports/",
                    expiration=Duration.days(config.file_retention_days),
                ),
                s3.LifecycleRule(
                    id="abort-uploads",
                    abort_incomplete_multipart_upload_after=Duration.days(
                        config.abort_upload_days
                    ),
                    # Where versions are kept, deleting only hides.
                    noncurrent_version_expiration=Duration.days(1)
                    if encryption
                    else None,
                    expired_object_delete_marker=True if encryption else None,
                ),
            ],
        )
        if account and logs:
            self._cap_signature_age(account.signature_age_seconds)
            if account.copies_bucket:
                role = iam.Role(
                    self,
                    "CopyRole",
                    assumed_by=iam.ServicePrincipal("s3.amazonaws.com"),
                )
                self._copy(self.bucket, EXPORTS, account, role)
                self._copy(logs, "*", account, role)

    def _access_logs(self, key: kms.IKey) -> s3.Bucket:
        return s3.Bucket(
            self,
            "AccessLogs",
            **_closed(key),
            versioned=True,
            # Whoever reads the logs leaves a trace as well.
            server_access_logs_prefix="self/",
            removal_policy=self._config.removal_policy,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(self._config.access_log_retention_days),
                    noncurrent_version_expiration=Duration.days(1),
                    abort_incomplete_multipart_upload_after=Duration.days(
                        self._config.abort_upload_days
                    ),
                )
            ],
        )

    def _cap_signature_age(self, seconds: int) -> None:
        """A signed link dies with its signature, however long it claims to live."""
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="SignaturesAreFresh",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:GetObject"],
                resources=[self.bucket.arn_for_objects("*")],
                conditions={"NumericGreaterThan": {"s3:signatureAge": seconds * 1000}},
            )
        )

    def _copy(
        self, bucket: s3.Bucket, prefix: str, account: AccountConfig, role: iam.Role
    ) -> None:
        """Replicate to the account's bucket for copies, which no function reaches."""
        key = self._encryption.key.key_arn  # type: ignore[union-attr]
        resource = bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)  # noqa: S101
        copied = s3.CfnBucket.ReplicationConfigurationProperty(
            role=role.role_arn,
            rules=[
                s3.CfnBucket.ReplicationRuleProperty(
                    id="copy",
                    status="Enabled",
                    priority=1,
                    filter=s3.CfnBucket.ReplicationRuleFilterProperty(
                        prefix=prefix.removesuffix("*")
                    ),
                    delete_marker_replication=s3.CfnBucket.DeleteMarkerReplicationProperty(
                        status="Enabled"
                    ),
                    source_selection_criteria=s3.CfnBucket.SourceSelectionCriteriaProperty(
                        sse_kms_encrypted_objects=s3.CfnBucket.SseKmsEncryptedObjectsProperty(
                            status="Enabled"
                        )
                    ),
                    destination=s3.CfnBucket.ReplicationDestinationProperty(
                        bucket=f"arn:aws:s3:::{account.copies_bucket}",
                        encryption_configuration=s3.CfnBucket.EncryptionConfigurationProperty(
                            replica_kms_key_id=account.copies_key_arn or key
                        ),
                    ),
                )
            ],
        )
        resource.replication_configuration = copied
        principal = iam.ArnPrincipal(role.role_arn)
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[principal],
                actions=["s3:GetReplicationConfiguration", "s3:ListBucket"],
                resources=[bucket.bucket_arn],
            )
        )
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[principal],
                actions=[
                    "s3:GetObjectVersionForReplication",
                    "s3:GetObjectVersionAcl",
                    "s3:GetObjectVersionTagging",
                ],
                resources=[bucket.arn_for_objects(prefix)],
            )
        )

    def grant_download(self, role: iam.IRole) -> None:
        """Sign links to finished files: a link can do what its signer can."""
        self._grant(role, EXPORTS, "s3:GetObject")
        self._encrypt(role, "Decrypt")

    def grant_write_parts(self, role: iam.IRole) -> None:
        """Put a part where none is, and look at the one that is there."""
        self._grant(role, PARTS, "s3:GetObject", "s3:PutObject")
        self._encrypt(role, "Decrypt", "GenerateDataKey")

    def grant_compose(self, role: iam.IRole) -> None:
        """Read parts and write the file by multipart upload and part copies."""
        self._grant(role, PARTS, "s3:GetObject")
        self._grant(
            role, EXPORTS, "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"
        )
        # Without s3:ListBucket S3 says 403 of a part that is gone, and not 404.
        self._grant(role, None, "s3:ListBucket", "s3:ListBucketMultipartUploads")
        self._encrypt(role, "Decrypt", "GenerateDataKey")

    def grant_abort_uploads(self, role: iam.IRole) -> None:
        """Abort uploads of a file that will never be completed."""
        self._grant(role, EXPORTS, "s3:AbortMultipartUpload")
        self._grant(role, None, "s3:ListBucketMultipartUploads")

    def grant_clean_up(self, role: iam.IRole) -> None:
        """Delete all that a cancelled run wrote."""
        self.grant_abort_uploads(role)
        for prefix in (PARTS, EXPORTS):
            self._grant(role, prefix, "s3:DeleteObject", "s3:AbortMultipartUpload")
        self._grant(role, None, "s3:ListBucket")

    def _grant(self, role: iam.IRole, prefix: str | None, *actions: str) -> None:
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ArnPrincipal(role.role_arn)],
                actions=list(actions),
                resources=[
                    self.bucket.arn_for_objects(prefix)
                    if prefix
                    else self.bucket.bucket_arn
                ],
            )
        )

    def _encrypt(self, role: iam.IRole, *actions: str) -> None:
        if self._encryption:
            self._encryption.allow_files(role, *actions)


def _closed(key: kms.IKey | None) -> dict[str, Any]:
    """What every bucket has: no public access, TLS, one owner, encryption."""
    return {
        "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
        "encryption": s3.BucketEncryption.KMS
        if key
        else s3.BucketEncryption.S3_MANAGED,
        "encryption_key": key,
        "bucket_key_enabled": True if key else None,
        "enforce_ssl": True,
        "minimum_tls_version": 1.2,
        "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    }
