"""S3: objects that never change once written, the file, and signed links to it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from invoice_export.adapters.aws_errors import client_error, error_code, storage_errors
from invoice_export.errors import StorageUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

    from invoice_export.adapters.join_parts import Bytes, SourcePart

EXISTS_ALREADY = {"PreconditionFailed", "412"}
MISSING = {"NoSuchKey", "404"}


class StoredObject(NamedTuple):
    """An object as S3 holds it, with the metadata it was written with."""

    etag: str
    size: int
    metadata: Mapping[str, str]


class Files:
    """The bucket that holds parts and files."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._s3 = client
        self._bucket = bucket

    def put_once(
        self,
        key: str,
        body: bytes | IO[bytes],
        metadata: Mapping[str, str],
        *,
        content_type: str,
        crc32: str,
    ) -> StoredObject:
        """Write an object unless it exists, and return what S3 holds then.

        An object of the same plan is never replaced, so the ETag in a page row stays
        valid: a second worker, or one that seemed dead, finds the object and uses it.
        An object of an older plan is replaced. One of a newer plan never is: then this
        worker is out of date. S3 verifies the CRC-32.
        """
        about = {
            "Metadata": dict(metadata),
            "ContentType": content_type,
            "ChecksumCRC32": crc32,
        }
        present = self._put(key, body, about, {"IfNoneMatch": "*"})
        if present is not None and _older(present, metadata):
            if not isinstance(body, bytes):
                body.seek(0)
            present = self._put(key, body, about, {"IfMatch": present.etag})
        stored = present or self._head(key)
        if _older(stored, metadata):
            raise StorageUnavailableError("an older worker wrote in between")
        return stored

    def compose(
        self,
        key: str,
        parts: "Sequence[SourcePart | Bytes]",
        metadata: Mapping[str, str],
        *,
        content_type: str,
        crc32: str,
    ) -> None:
        """Join ``parts`` into the object ``key``, completely or not at all.

        A file of this plan or a newer one is kept, as in :meth:`put_once`. Parts of
        5 MiB and more are copied inside S3, a few at a time. Uploads of this key that a
        dead worker left open are aborted first. S3 verifies the CRC-32 of the whole.
        """
        whole = {"ChecksumType": "FULL_OBJECT", "ChecksumCRC32": crc32}
        with storage_errors():
            self.abort_uploads(key)
            present = self._find(key)
            if present is not None and not _older(present, metadata):
                return
            upload_id = self._s3.create_multipart_upload(
                Bucket=self._bucket,
                Key=key,
                ContentType=content_type,
                Metadata=dict(metadata),
                ChecksumAlgorithm="CRC32",
                ChecksumType="FULL_OBJECT",
            )["UploadId"]
            target: Any = {"Bucket": self._bucket, "Key": key, "UploadId": upload_id}
            try:
                # Only one function composes.
                joining = import_module("invoice_export.adapters.join_parts")
                done = joining.join_parts(self._s3, target, parts)
                self._complete(target, done, present, whole)
            except BaseException:
                self._s3.abort_multipart_upload(**target)
                raise

    def signed_url(
        self, key: str, *, filename: str, content_type: str, lifetime: timedelta
    ) -> tuple[str, datetime]:
        """Return a link that saves the object as ``filename``, and when it expires."""
        expires_at = datetime.now(UTC) + lifetime
        url = self._s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentDisposition": f'attachment; filename="{filename}"',
                "ResponseContentType": content_type,
            },
            ExpiresIn=int(lifetime.total_seconds()),
        )
        return url, expires_at

    def delete_all(self, prefix: str) -> None:
        """Delete every object below ``prefix``."""
        with storage_errors():
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix
            )
            for page in pages:
                keys: Any = [{"Key": item["Key"]} for item in page.get("Contents", [])]
                if keys:
                    self._s3.delete_objects(
                        Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True}
                    )

    def abort_uploads(self, prefix: str) -> None:
        """Abort every open multipart upload below ``prefix``."""
        with storage_errors():
            uploads = self._s3.list_multipart_uploads(
                Bucket=self._bucket, Prefix=prefix
            ).get("Uploads", [])
            for upload in uploads:
                self._s3.abort_multipart_upload(
                    Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                )

    def _put(
        self,
        key: str,
        body: bytes | IO[bytes],
        about: dict[str, Any],
        condition: dict[str, Any],
    ) -> StoredObject | None:
        """Put if ``condition`` holds; otherwise return the object that exists."""
        with storage_errors():
            try:
                self._s3.put_object(
                    Bucket=self._bucket, Key=key, Body=body, **about, **condition
                )
            except client_error() as exc:
                if error_code(exc) in EXISTS_ALREADY:
                    return self._head(key)
                if error_code(exc) in MISSING:
                    raise StorageUnavailableError("deleted in between") from exc
                raise
        return None

    def _head(self, key: str) -> StoredObject:
        found = self._find(key)
        if found is None:
            raise StorageUnavailableError("deleted just after it was written")
        return found

    def _find(self, key: str) -> StoredObject | None:
        with storage_errors():
            try:
                head = self._s3.head_object(Bucket=self._bucket, Key=key)
            except client_error() as exc:
                if error_code(exc) in MISSING:
                    return None
                raise
        return StoredObject(head["ETag"], head["ContentLength"], head["Metadata"])

    def _complete(
        self,
        target: Any,
        done: "list[CompletedPartTypeDef]",
        present: StoredObject | None,
        whole: Any,
    ) -> None:
        """Complete the upload unless the object has changed since ``present``.

        So a late worker of a cancelled run never replaces the file that the same run
        wrote after a retry.
        """
        condition: Any = (
            {"IfNoneMatch": "*"} if present is None else {"IfMatch": present.etag}
        )
        try:
            self._s3.complete_multipart_upload(
                **target, MultipartUpload={"Parts": done}, **whole, **condition
            )
        except client_error() as exc:
            if error_code(exc) in EXISTS_ALREADY:
                raise StorageUnavailableError("another worker was faster") from exc
            raise


def _older(present: StoredObject, metadata: Mapping[str, str]) -> bool:
    """Return whether the object belongs to an earlier plan."""
    return present.metadata.get("plan", "") < metadata["plan"]
