"""The bucket of parts and files, that of digests, and who may do what in them."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config import StageConfig
from infra.encryption import Encryption
from infra.roles import role_of

PARTS = "parts/*"
EXPORTS = "exports/*"
DIGESTS = "audit-digests/*"


class Files(Construct):
    """Parts live under ``parts/``, finished files under ``exports/``.

    The bucket's policy admits each role: one document says who reaches which prefix,
    and no role carries a wildcard for it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._encryption = encryption
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            **private_bucket(encryption),
            **self._history(),
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
                    **self._old_versions(),
                ),
            ],
        )

        self.digests = s3.Bucket(
            self,
            "Digests",
            **private_bucket(encryption),
            **self._lock(),
            removal_policy=config.removal_policy,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="abort-uploads",
                    abort_incomplete_multipart_upload_after=Duration.days(
                        config.abort_upload_days
                    ),
                    **self._old_versions(),
                )
            ],
        )

    def _lock(self) -> dict[str, Any]:
        """Return what keeps digests as they are: here nothing does."""
        return {}

    def _history(self) -> dict[str, Any]:
        """Return the options for versions and access logs: this bucket has neither."""
        return {}

    def _old_versions(self) -> dict[str, Any]:
        """Return how the lifecycle treats old versions: this bucket has none."""
        return {}

    def grant_download(self, function: lambda_.IFunction) -> None:
        """Sign links to finished files: a link can do what its signer can."""
        self._grant(function, EXPORTS, "s3:GetObject")
        self._encryption.allow_files(role_of(function), "Decrypt")

    def grant_write_parts(self, function: lambda_.IFunction) -> None:
        """Put a part where there is none, and read the one that is there."""
        self._grant(function, PARTS, "s3:GetObject", "s3:PutObject")
        self._encryption.allow_files(role_of(function), "Decrypt", "GenerateDataKey")

    def grant_compose(self, function: lambda_.IFunction) -> None:
        """Read parts and write the file by multipart upload and part copies."""
        self._grant(function, PARTS, "s3:GetObject")
        self._grant(
            function, EXPORTS, "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"
        )
        # Without s3:ListBucket S3 answers 403 for a missing part, not 404.
        self._grant(function, None, "s3:ListBucket", "s3:ListBucketMultipartUploads")
        self._encryption.allow_files(role_of(function), "Decrypt", "GenerateDataKey")

    def grant_abort_uploads(self, function: lambda_.IFunction) -> None:
        """Abort uploads of a file that nobody will complete."""
        self._grant(function, EXPORTS, "s3:AbortMultipartUpload")
        self._grant(function, None, "s3:ListBucketMultipartUploads")

    def grant_clean_up(self, function: lambda_.IFunction) -> None:
        """Delete everything that a cancelled run wrote."""
        self.grant_abort_uploads(function)
        for prefix in (PARTS, EXPORTS):
            self._grant(function, prefix, "s3:DeleteObject", "s3:AbortMultipartUpload")
        self._grant(function, None, "s3:ListBucket")

    def grant_digest(self, function: lambda_.IFunction) -> None:
        """Store a digest beside the earlier ones, and read the newest of them."""
        self._grant(
            function, DIGESTS, "s3:GetObject", "s3:PutObject", bucket=self.digests
        )
        self._grant(function, None, "s3:ListBucket", bucket=self.digests)
        self._encryption.allow_files(role_of(function), "Decrypt", "GenerateDataKey")

    def _grant(
        self,
        function: lambda_.IFunction,
        prefix: str | None,
        *actions: str,
        bucket: s3.Bucket | None = None,
    ) -> None:
        bucket = bucket or self.bucket
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ArnPrincipal(role_of(function).role_arn)],
                actions=list(actions),
                resources=[
                    bucket.arn_for_objects(prefix) if prefix else bucket.bucket_arn
                ],
            )
        )


def private_bucket(encryption: Encryption) -> dict[str, Any]:
    """Return what every bucket has: no public access, TLS, one owner, encryption."""
    return {
        "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
        **encryption.bucket_options(),
        "enforce_ssl": True,
        "minimum_tls_version": 1.2,
        "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    }
