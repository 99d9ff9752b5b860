"""Reads digests from a folder or from their bucket."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from invoice_export.domain.audit_chain import Finding, Kind
from invoice_export.domain.audit_digest import PREFIX, Stored

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEME = "s3://"


def digests_at(place: str) -> tuple[list[Stored], list[Finding]]:
    """Return the digests of ``s3://bucket`` or of a folder, and what is wrong."""
    if place.startswith(SCHEME):
        bucket = place.removeprefix(SCHEME).strip("/")
        return first_versions(boto3.client("s3"), bucket)
    files = sorted(Path(place).glob("*.json"))
    return [Stored(f"{PREFIX}{file.name}", file.read_bytes()) for file in files], []


def first_versions(s3: "S3Client", bucket: str) -> tuple[list[Stored], list[Finding]]:
    """Return the digests as they were first written.

    Object Lock keeps a version, and not its key: a newer version or a marker of
    deletion may hide it.
    """
    pages = list(
        s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=PREFIX)
    )
    versions = [each for page in pages for each in page.get("Versions", [])]
    markers = [each for page in pages for each in page.get("DeleteMarkers", [])]
    # S3 lists the newest version of a key first.
    first = {each["Key"]: each["VersionId"] for each in versions}
    counts = Counter(each["Key"] for each in versions)
    found = [
        Finding(Kind.REWRITTEN, f"digest {key} was written {count} times")
        for key, count in counts.items()
        if count > 1
    ]
    found += [
        Finding(Kind.MISSING, f"somebody deleted digest {each['Key']}")
        for each in markers
    ]
    stored = []
    for key, version in first.items():
        options = {} if version == "null" else {"VersionId": version}
        body = s3.get_object(Bucket=bucket, Key=key, **options)["Body"].read()  # type: ignore[arg-type]
        stored.append(Stored(key, body))
    return stored, found
