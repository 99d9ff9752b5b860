"""The bucket of an account: versions, access logs, copies, short-lived links."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.account.copies import allow_copies, copy_to
from infra.account.data_events import DataEvents
from infra.account.key import OwnKey
from infra.config import AccountConfig, StageConfig
from infra.files import DIGESTS, EXPORTS, Files, private_bucket


class AccountFiles(Files):
    """Keeps a record of who read what, and copies files where the account says."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        account: AccountConfig,
        encryption: OwnKey,
    ) -> None:
        self._account = account
        super().__init__(scope, id_, config=config, encryption=encryption)
        self._cap_signature_age(account.signature_age_seconds)
        if account.copies_bucket and account.copies_key_arn:
            self._copy(account.copies_bucket, account.copies_key_arn, encryption)
        if account.data_events:
            DataEvents(
                self,
                "DataEvents",
                files=self.bucket,
                logs=self._access_logs,
                encryption=encryption,
            )

    def _copy(self, copies_bucket: str, key_arn: str, encryption: OwnKey) -> None:
        role = iam.Role(
            self, "CopyRole", assumed_by=iam.ServicePrincipal("s3.amazonaws.com")
        )
        sources = (
            (self.bucket, EXPORTS),
            (self.digests, DIGESTS),
            (self._access_logs, "*"),
        )
        for bucket, prefix in sources:
            copy_to(
                copies_bucket, key_arn=key_arn, bucket=bucket, prefix=prefix, role=role
            )
        allow_copies(copies_bucket, key_arn=key_arn, sources=sources, role=role)
        encryption.allow_files(role, "Decrypt")

    def _history(self) -> dict[str, Any]:
        self._access_logs = s3.Bucket(
            self,
            "AccessLogs",
            **private_bucket(self._encryption),
            versioned=True,
            # Whoever reads the logs leaves a trace too.
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
        return {
            "versioned": True,
            "server_access_logs_bucket": self._access_logs,
            "server_access_logs_prefix": "files/",
        }

    def _lock(self) -> dict[str, Any]:
        """Let nobody replace or delete a digest before its time.

        In the mode ``compliance`` nobody at all, the account's root user included.
        """
        days = Duration.days(self._account.digest_lock_days)
        return {
            "object_lock_enabled": True,
            "object_lock_default_retention": (
                s3.ObjectLockRetention.compliance(days)
                if self._account.digest_lock == "compliance"
                else s3.ObjectLockRetention.governance(days)
            ),
            "versioned": True,
            "server_access_logs_bucket": self._access_logs,
            "server_access_logs_prefix": "digests/",
        }

    def _old_versions(self) -> dict[str, Any]:
        # In a bucket with versions, deleting an object only hides it.
        return {
            "noncurrent_version_expiration": Duration.days(1),
            "expired_object_delete_marker": True,
        }

    def _cap_signature_age(self, seconds: int) -> None:
        """Refuse a signed link of this age, however long it claims to live."""
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
