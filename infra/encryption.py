"""How a stage encrypts what it stores."""

from typing import Any, Protocol

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs


class Encryption(Protocol):
    """A key, how buckets and queues use it, and who may use it through S3."""

    @property
    def key(self) -> kms.IKey | None:
        """Our own key; None leaves encryption to each service."""

    def bucket_options(self) -> dict[str, Any]:
        """Return a bucket's options for encryption."""

    def queue_options(self) -> dict[str, Any]:
        """Return a queue's options for encryption."""

    def allow_files(self, role: iam.IRole, *actions: str) -> None:
        """Let a role read or write encrypted objects."""


class ServiceKeys:
    """Each service encrypts with a key of its own, and no role needs permission."""

    key = None

    def bucket_options(self) -> dict[str, Any]:
        return {"encryption": s3.BucketEncryption.S3_MANAGED}

    def queue_options(self) -> dict[str, Any]:
        return {"encryption": sqs.QueueEncryption.SQS_MANAGED}

    def allow_files(self, role: iam.IRole, *actions: str) -> None:
        """Allow nothing: S3 decrypts for everybody who may read."""
