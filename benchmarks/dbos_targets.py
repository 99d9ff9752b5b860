"""Where DBOS Transact writes its pages: files that it joins, or a multipart upload."""

import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import boto3
from botocore.config import Config

from local.aws import CREDENTIALS, REGION


class Target(Protocol):
    """Takes pages in any order, and joins them in theirs."""

    def begin(self) -> str: ...

    def write(self, upload: str, number: int, rows: Iterable[bytes]) -> str:
        """Return what :meth:`join` is to be told of the page."""
        ...

    def join(self, upload: str, parts: list[str]) -> None: ...


class Disk:
    """A file, joined from a file for each page."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self) -> str:
        return ""

    def write(self, upload: str, number: int, rows: Iterable[bytes]) -> str:
        part = self._file.with_suffix(f".{upload}{number}")
        with part.open("wb") as file:
            file.writelines(rows)
        return str(part)

    def join(self, upload: str, parts: list[str]) -> None:
        del upload
        with self._file.open("wb") as file:
            for part in parts:
                file.write(Path(part).read_bytes())
                Path(part).unlink()


class Bucket:
    """An object; each page is a part of its upload, which has 5 MiB at least."""

    def __init__(self, name: str, endpoint: str) -> None:
        self._name = name
        self._s3: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(
                s3={"addressing_style": "path", "payload_signing_enabled": False}
            ),
        )

    def begin(self) -> str:
        key = f"others/{uuid.uuid4()}.csv"
        upload = self._s3.create_multipart_upload(Bucket=self._name, Key=key)
        return f"{key} {upload['UploadId']}"

    def write(self, upload: str, number: int, rows: Iterable[bytes]) -> str:
        body = b"".join(rows)
        target = self._target(upload)
        part = self._s3.upload_part(**target, PartNumber=number + 1, Body=body)
        return str(part["ETag"])

    def join(self, upload: str, parts: list[str]) -> None:
        done = [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(parts, 1)]
        self._s3.complete_multipart_upload(
            **self._target(upload), MultipartUpload={"Parts": done}
        )

    def _target(self, upload: str) -> dict[str, str]:
        key, upload_id = upload.split()
        return {"Bucket": self._name, "Key": key, "UploadId": upload_id}


def target_of(name: str) -> Target:
    """Return the bucket of that name if there is an endpoint, or else the file."""
    endpoint = os.environ.get("S3_ENDPOINT")
    return Bucket(name, endpoint) if endpoint else Disk(Path(name))
