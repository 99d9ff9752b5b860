"""The bucket of parts and files, and who may do what in it."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config import StageConfig

PARTS = "parts/*"
EXPORTS = "exports/*"


class Files(Construct):
    """Parts live under ``parts/``, finished files under ``exports/``."""

    def __init__(self, scope: Construct, id_: str, *, config: StageConfig) -> None:
        super().__init__(scope, id_)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
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
                ),
            ],
        )

    def grant_download(self, grantee: iam.IGrantable) -> None:
        """Sign links to finished files: a link can do what its signer can."""
        self._grant(grantee, EXPORTS, "s3:GetObject")

    def grant_write_parts(self, grantee: iam.IGrantable) -> None:
        """Put a part where none is, and look at the one that is there."""
        self._grant(grantee, PARTS, "s3:GetObject", "s3:PutObject")

    def grant_compose(self, grantee: iam.IGrantable) -> None:
        """Read parts and write the file by multipart upload and part copies."""
        self._grant(grantee, PARTS, "s3:GetObject")
        self._grant(
            grantee, EXPORTS, "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"
        )
        # Without s3:ListBucket S3 says 403 of a part that is gone, and not 404.
        self._grant(grantee, None, "s3:ListBucket", "s3:ListBucketMultipartUploads")

    def grant_abort_uploads(self, grantee: iam.IGrantable) -> None:
        """Abort uploads of a file that will never be completed."""
        self._grant(grantee, EXPORTS, "s3:AbortMultipartUpload")
        self._grant(grantee, None, "s3:ListBucketMultipartUploads")

    def grant_clean_up(self, grantee: iam.IGrantable) -> None:
        """Delete all that a cancelled run wrote."""
        self.grant_abort_uploads(grantee)
        for prefix in (PARTS, EXPORTS):
            self._grant(grantee, prefix, "s3:DeleteObject", "s3:AbortMultipartUpload")
        self._grant(grantee, None, "s3:ListBucket")

    def _grant(
        self, grantee: iam.IGrantable, prefix: str | None, *actions: str
    ) -> None:
        resource = (
            self.bucket.arn_for_objects(prefix) if prefix else self.bucket.bucket_arn
        )
        iam.Grant.add_to_principal(
            grantee=grantee, actions=list(actions), resource_arns=[resource]
        )
