"""A folder in place of S3, for the calls that ``Files`` makes."""

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError


class DiskS3:
    """Does all that the measured code needs, but verifies no checksum."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.bytes_read = 0

    def put_object(self, **call: Any) -> dict[str, Any]:
        path = self._path(call["Key"])
        body = call["Body"]
        with path.open("wb") as file:
            if isinstance(body, bytes):
                file.write(body)
            else:
                while chunk := body.read(1 << 20):
                    file.write(chunk)
        path.with_suffix(".about").write_text(json.dumps(call.get("Metadata", {})))
        return {"ETag": "etag"}

    def head_object(self, **call: Any) -> dict[str, Any]:
        path = self._path(call["Key"])
        if not path.exists():
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")
        about = path.with_suffix(".about")
        return {
            "ETag": "etag",
            "ContentLength": path.stat().st_size,
            "Metadata": json.loads(about.read_text()) if about.exists() else {},
        }

    def get_object(self, **call: Any) -> dict[str, Any]:
        start, end = map(int, call["Range"].removeprefix("bytes=").split("-"))
        with self._path(call["Key"]).open("rb") as file:
            file.seek(start)
            body = file.read(end - start + 1)
        self.bytes_read += len(body)
        return {"Body": io.BytesIO(body)}

    def list_multipart_uploads(self, **_: Any) -> dict[str, Any]:
        return {"Uploads": []}

    def create_multipart_upload(self, **call: Any) -> dict[str, Any]:
        return {"UploadId": hashlib.sha256(call["Key"].encode()).hexdigest()}

    def upload_part(self, **call: Any) -> dict[str, Any]:
        self._part(call).write_bytes(call["Body"])
        return {"ETag": "etag"}

    def upload_part_copy(self, **call: Any) -> dict[str, Any]:
        """Link the part, as S3 copies without its caller; copy only a range."""
        source, part = self._path(call["CopySource"]["Key"]), self._part(call)
        part.unlink(missing_ok=True)
        if "CopySourceRange" not in call:
            part.hardlink_to(source)
        else:
            start, end = map(
                int, call["CopySourceRange"].removeprefix("bytes=").split("-")
            )
            with source.open("rb") as file:
                file.seek(start)
                part.write_bytes(file.read(end - start + 1))
        return {"CopyPartResult": {"ETag": "etag"}}

    def complete_multipart_upload(self, **call: Any) -> dict[str, Any]:
        with self._path(call["Key"]).open("wb") as file:
            for number in range(1, len(call["MultipartUpload"]["Parts"]) + 1):
                part = self._part({**call, "PartNumber": number})
                with part.open("rb") as piece:
                    left = os.fstat(piece.fileno()).st_size
                    while left:
                        left -= os.sendfile(file.fileno(), piece.fileno(), None, left)
                part.unlink()
        return {}

    def abort_multipart_upload(self, **_: Any) -> dict[str, Any]:
        return {}

    def _part(self, call: dict[str, Any]) -> Path:
        return self._path(f"{call['UploadId']}-{call['PartNumber']}")

    def _path(self, key: str) -> Path:
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
