"""The bucket of the laptop stack, to which all contenders deliver the same file."""

import uuid
from typing import IO, Any

from local.aws import aws_client
from local.config import Laptop


class Bucket:
    """Takes a file whole, or as a stream in parts of 8 MiB, ten at a time."""

    def __init__(self, place: Laptop, facts: dict[str, str]) -> None:
        self.name = facts["bucket"]
        self._s3 = aws_client(place, "s3")

    def put(self, body: bytes) -> None:
        self._s3.put_object(Bucket=self.name, Key=_key(), Body=body)

    def upload(self, stream: IO[bytes]) -> None:
        """Upload with boto3's defaults, while the stream is written."""
        self._s3.upload_fileobj(stream, self.name, _key())

    def clear(self) -> None:
        """Delete all objects, so that no contender works on a fuller disk."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        for page in pages:
            keys: Any = [{"Key": item["Key"]} for item in page.get("Contents", [])]
            if keys:
                self._s3.delete_objects(Bucket=self.name, Delete={"Objects": keys})


def _key() -> str:
    # A new one each time: a disk is slower when a file replaces another.
    return f"others/{uuid.uuid4()}.csv"
