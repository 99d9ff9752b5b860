"""The bucket of audit digests, in which nothing is ever replaced."""

from typing import TYPE_CHECKING

from invoice_export.adapters.aws_errors import client_error, error_code, storage_errors
from invoice_export.adapters.files import EXISTS_ALREADY
from invoice_export.domain.audit_digest import PREFIX, Stored

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Digests:
    """Digests by key; the bucket itself locks each of them for its retention."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._s3 = client
        self._bucket = bucket

    def newest_before(self, key: str) -> Stored | None:
        """Return the last digest that sorts before this key."""
        with storage_errors():
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=PREFIX
            )
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
            earlier = [each for each in keys if each < key]
            if not earlier:
                return None
            found = self._s3.get_object(Bucket=self._bucket, Key=max(earlier))
            return Stored(max(earlier), found["Body"].read())

    def put_new(self, digest: Stored) -> bool:
        """Store a digest, and return whether there was none of this key."""
        with storage_errors():
            try:
                self._s3.put_object(
                    Bucket=self._bucket,
                    Key=digest.key,
                    Body=digest.body,
                    ContentType="application/json",
                    # A bucket with Object Lock takes no object without a checksum.
                    ChecksumAlgorithm="SHA256",
                    IfNoneMatch="*",
                )
            except client_error() as exc:
                if error_code(exc) not in EXISTS_ALREADY:
                    raise
                return False
        return True
