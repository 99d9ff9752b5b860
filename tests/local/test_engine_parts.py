"""What MiniStack's S3 does with parts, which the bridge keeps on the disk."""

import hashlib
import re

import pytest
from botocore.exceptions import ClientError
from ministack.services import s3

from local import engine_parts
from local.aws import aws_client
from local.engine import Engine

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
    name = re.sub(r"[^a-z]+", "-", request.node.name)[-60:].strip("-")
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
    return begin(client, bucket)


def begin(client, bucket):
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


def files_of(laptop, client, bucket):
    etag = client.head_object(Bucket=bucket, Key="all")["ETag"].strip('"')
    return list((laptop.folder / "engine" / "s3-joined" / etag).iterdir())


def names_in(folder):
    return {path.name for path in folder.iterdir()}


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


def test_copied_part_is_no_second_copy_on_the_disk(bare_laptop, client, upload):
    complete(client, upload, copy(client, upload, 1, "a"), copy(client, upload, 2, "b"))
    joined = files_of(bare_laptop, client, upload["Bucket"])
    assert [path.stat().st_nlink for path in joined] == [2, 2]


def test_part_that_completion_leaves_out_is_not_read(client, bucket, upload):
    parts = [copy(client, upload, n, key) for n, key in ((2, "a"), (3, "a"), (10, "b"))]
    complete(client, upload, parts[0], parts[2])
    assert content(client, bucket) == BODIES["a"] + BODIES["b"]


def test_last_upload_of_a_part_counts(client, bucket, upload):
    copy(client, upload, 1, "a")
    complete(client, upload, copy(client, upload, 1, "b"))
    assert content(client, bucket) == BODIES["b"]
    assert client.get_object(Bucket=bucket, Key="b")["Body"].read() == BODIES["b"]


def test_joined_file_can_be_copied_and_joined_again(client, bucket, upload):
    complete(client, upload, copy(client, upload, 1, "a"), copy(client, upload, 2, "b"))
    client.copy_object(
        Bucket=bucket, Key="copied", CopySource={"Bucket": bucket, "Key": "all"}
    )
    again = begin(client, bucket)
    complete(
        client, again, copy(client, again, 1, "all"), copy(client, again, 2, "copied")
    )
    assert content(client, bucket) == (BODIES["a"] + BODIES["b"]) * 2


@pytest.mark.parametrize("change", ["delete", "replace", "join"])
def test_parts_leave_the_disk_with_their_object(bare_laptop, client, upload, change):
    complete(client, upload, copy(client, upload, 1, "a"))
    before = files_of(bare_laptop, client, upload["Bucket"])
    target = {"Bucket": upload["Bucket"], "Key": "all"}
    if change == "delete":
        client.delete_object(**target)
    elif change == "replace":
        client.put_object(**target, Body=b"replaced")
        assert content(client, upload["Bucket"]) == b"replaced"
    else:
        again = begin(client, upload["Bucket"])
        complete(client, again, copy(client, again, 1, "b"))
        assert content(client, upload["Bucket"]) == BODIES["b"]
    assert before
    assert not any(path.exists() for path in before)


def test_parts_of_an_aborted_upload_leave_the_disk(bare_laptop, client, upload):
    uploads = bare_laptop.folder / "engine" / "tmp" / "uploads"
    client.upload_part(**upload, PartNumber=1, Body=b"part")
    assert upload["UploadId"] in names_in(uploads)
    client.abort_multipart_upload(**upload)
    assert upload["UploadId"] not in names_in(uploads)


def test_part_that_cannot_be_written_is_in_no_upload(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    parts = {1: {"body": b"part"}}
    monkeypatch.setattr(s3, "_multipart_uploads", {"one": {"parts": parts}})
    monkeypatch.setattr(engine_parts, "_keep", full)
    upload_part = engine_parts.keep_on_disk(lambda *_: (200, {}, b""))
    with pytest.raises(OSError, match="No space"):
        upload_part(
            "bucket", "key", b"part", {"uploadId": "one", "partNumber": "1"}, {}
        )
    assert not parts


def test_functions_hash_no_body_to_sign_it(make_function, invoke, bucket):
    assert invoke(make_function(UPLOADER), bucket) == "UNSIGNED-PAYLOAD"
