"""What MiniStack's S3 does with parts, which the bridge keeps on the disk."""

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from ministack.services import s3

from local import engine_parts
from local.aws import aws_client
from local.engine import Engine
from local.engine_parts import Part

MIB = 1 << 20
BODIES = {"a": b"a" * (5 * MIB), "b": b"b" * 6_000_000}

UPLOADER = """
import botocore.session
from botocore.config import Config

def handler(event, context):
    config = Config(s3={"addressing_style": "path"})
    client = botocore.session.get_session().create_client("s3", config=config)
    signed = []
    client.meta.events.register(
        "before-send.s3.PutObject",
        lambda request, **_: signed.append(request.headers["X-Amz-Content-SHA256"]),
    )
    client.put_object(Bucket=event, Key="unsigned", Body=b"body")
    return signed[0].decode()
"""


@pytest.fixture
def bucket(bare_laptop, request):
    name = request.node.name.replace("_", "-")[:60].strip("-")
    aws_client(bare_laptop, "s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def client(bare_laptop, bucket):
    client = aws_client(bare_laptop, "s3")
    for key, body in BODIES.items():
        client.put_object(Bucket=bucket, Key=key, Body=body)
    return client


@pytest.fixture
def upload(client, bucket):
    target = {"Bucket": bucket, "Key": "all"}
    return target | {"UploadId": client.create_multipart_upload(**target)["UploadId"]}


def copy(client, upload, number, key, some=None):
    options = {"CopySourceRange": some} if some else {}
    copied = client.upload_part_copy(
        **upload,
        PartNumber=number,
        CopySource={"Bucket": upload["Bucket"], "Key": key},
        **options,
    )
    return {"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]}


def complete(client, upload, *parts):
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": list(parts)})


def content(client, bucket, **options):
    return client.get_object(Bucket=bucket, Key="all", **options)["Body"].read()


def test_copied_and_uploaded_parts_are_joined_in_their_order(client, bucket, upload):
    middle = client.upload_part(**upload, PartNumber=2, Body=BODIES["b"])
    last = client.upload_part(**upload, PartNumber=4, Body=b"the end")
    complete(
        client,
        upload,
        copy(client, upload, 1, "a"),
        {"PartNumber": 2, "ETag": middle["ETag"]},
        copy(client, upload, 3, "b", f"bytes=1-{5 * MIB}"),
        {"PartNumber": 4, "ETag": last["ETag"]},
    )
    expected = BODIES["a"] + BODIES["b"] + BODIES["b"][: 5 * MIB] + b"the end"
    assert content(client, bucket) == expected
    assert client.head_object(Bucket=bucket, Key="all")["ContentLength"] == len(
        expected
    )
    edge = f"bytes={5 * MIB - 2}-{5 * MIB + 1}"
    assert content(client, bucket, Range=edge) == b"aabb"


def test_copied_part_outlives_its_source(client, bucket, upload):
    first, second = copy(client, upload, 1, "a"), copy(client, upload, 2, "b")
    client.put_object(Bucket=bucket, Key="a", Body=b"replaced")
    client.delete_object(Bucket=bucket, Key="b")
    complete(client, upload, first, second)
    assert content(client, bucket) == BODIES["a"] + BODIES["b"]


def test_file_that_was_joined_is_there_after_a_restart(bare_laptop, client, upload):
    complete(client, upload, copy(client, upload, 1, "a"), copy(client, upload, 2, "b"))
    engine = Engine(bare_laptop)
    engine.stop()
    engine.start()
    assert content(client, upload["Bucket"]) == BODIES["a"] + BODIES["b"]


def test_part_with_another_etag_is_refused(client, bucket, upload):
    part = copy(client, upload, 1, "a")
    copy(client, upload, 1, "b")
    with pytest.raises(ClientError, match="InvalidPart"):
        complete(client, upload, part)


def test_part_keeps_nothing_in_memory(bare_laptop, client, upload):
    process = Engine(bare_laptop).process
    assert process is not None
    before = process.memory_info().rss
    body = b"c" * (8 * MIB)
    parts = [
        {
            "PartNumber": n,
            "ETag": client.upload_part(**upload, PartNumber=n, Body=body)["ETag"],
        }
        for n in range(1, 17)
    ]
    complete(client, upload, *parts)
    assert process.memory_info().rss - before < 64 * MIB


def test_etag_is_no_digest(client, bucket):
    etag = client.head_object(Bucket=bucket, Key="a")["ETag"]
    digest = hashlib.md5(BODIES["a"], usedforsecurity=False).hexdigest()
    assert etag.strip('"') != digest


def test_part_that_was_cut_off_is_not_joined(tmp_path):
    path = tmp_path / "part"
    path.write_bytes(b"short")
    with path.open("rb") as file, pytest.raises(OSError, match="shorter"):
        Part.of(file, 0, 6).copy_to(BytesIO())


def test_file_that_cannot_be_written_does_not_exist(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "bucket" / "all"
    objects = {"all": {"parts": [{"PartNumber": 1}]}}
    monkeypatch.setattr(s3, "_buckets", {"bucket": {"objects": objects}})
    monkeypatch.setattr(s3, "_object_disk_path", lambda *_: str(path))
    monkeypatch.setattr(Part, "copy_to", full)
    join = engine_parts.join_parts(lambda *_: None)
    token = engine_parts._completing.set({1: {"body": Part.of(BytesIO(), 0, 4)}})
    try:
        with pytest.raises(OSError, match="No space"):
            join("bucket", "all", None, objects["all"], b"")
    finally:
        engine_parts._completing.reset(token)
    assert not objects
    assert not list(Path(path.parent).iterdir())


def test_functions_hash_no_body_to_sign_it(make_function, invoke, bucket):
    assert invoke(make_function(UPLOADER), bucket) == "UNSIGNED-PAYLOAD"
