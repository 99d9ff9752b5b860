"""The bucket is private, and everything in it expires."""

import json

import pytest

from tests.infra.resolved import Resolved


def files_bucket(stack):
    buckets = stack.resources("AWS::S3::Bucket")
    (bucket,) = (b for b in buckets if "exports/" in str(b["Properties"]))
    return bucket


def policy_of(stack, bucket):
    (policy,) = (
        policy["PolicyDocument"]["Statement"]
        for policy in stack.properties("AWS::S3::BucketPolicy")
        if policy["Bucket"] == {"Ref": stack.logical_id(bucket)}
    )
    return policy


def test_every_bucket_is_private_and_encrypted(stack):
    for bucket in stack.resources("AWS::S3::Bucket"):
        check_closed(bucket["Properties"])


def check_closed(properties):
    assert properties["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    (ownership,) = properties["OwnershipControls"]["Rules"]
    assert ownership == {"ObjectOwnership": "BucketOwnerEnforced"}


def test_bucket_refuses_plain_http(stack):
    for bucket in stack.resources("AWS::S3::Bucket"):
        conditions = [
            statement["Condition"]
            for statement in policy_of(stack, bucket)
            if statement["Effect"] == "Deny"
        ]
        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions


def test_parts_and_files_expire_and_stale_uploads_are_aborted(stack):
    rules = files_bucket(stack)["Properties"]["LifecycleConfiguration"]["Rules"]
    days = {rule.get("Prefix"): rule.get("ExpirationInDays") for rule in rules}
    assert days == {"parts/": 3, "exports/": 7, None: None}
    (abort,) = (r for r in rules if "AbortIncompleteMultipartUpload" in r)
    assert abort["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert {rule["Status"] for rule in rules} == {"Enabled"}


def test_functions_know_how_long_parts_and_files_live(stack):
    rules = files_bucket(stack)["Properties"]["LifecycleConfiguration"]["Rules"]
    days = {rule.get("Prefix"): str(rule.get("ExpirationInDays")) for rule in rules}
    variables = stack.functions["http_api"]["Properties"]["Environment"]["Variables"]
    assert variables["FILE_RETENTION_DAYS"] == days["exports/"]
    assert variables["PART_RETENTION_DAYS"] == days["parts/"]


def test_only_the_aws_stage_keeps_its_data(stack):
    keep = "Retain" if stack.config.stage == "aws" else "Delete"
    assert files_bucket(stack)["DeletionPolicy"] == keep


def test_signed_links_die_with_their_signature(synthesised):
    stack = synthesised("aws")
    (cap,) = (
        statement
        for statement in policy_of(stack, files_bucket(stack))
        if statement.get("Sid") == "SignaturesAreFresh"
    )
    assert cap["Effect"] == "Deny"
    assert cap["Condition"] == {"NumericGreaterThan": {"s3:signatureAge": 300_000}}


COPIES_KEY = "arn:aws:kms:eu-west-1:444455556666:key/copies"


def test_files_of_an_account_have_our_key_versions_logs_and_a_copy(synthesised):
    stack = synthesised("aws", copiesBucket="copies", copiesKeyArn=COPIES_KEY)
    (key,) = stack.resources("AWS::KMS::Key")
    arn = {"Fn::GetAtt": [stack.logical_id(key), "Arn"]}
    for bucket in stack.properties("AWS::S3::Bucket"):
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == arn
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket["LoggingConfiguration"]["LogFilePrefix"]
        (copy,) = bucket["ReplicationConfiguration"]["Rules"]
        copied_to = Resolved(stack).of(copy["Destination"]["Bucket"])
        assert copied_to == "arn:aws:s3:::copies"


def test_deleted_versions_expire(synthesised):
    for bucket in synthesised("aws").properties("AWS::S3::Bucket"):
        rules = bucket["LifecycleConfiguration"]["Rules"]
        assert any(
            rule.get("NoncurrentVersionExpiration") == {"NoncurrentDays": 1}
            for rule in rules
        )


@pytest.mark.parametrize("mode", ["governance", "compliance"])
def test_digests_of_an_account_are_locked(synthesised, mode):
    stack = synthesised("aws", digestLock=mode, digestLockDays="30")
    (bucket,) = (
        found
        for found in stack.properties("AWS::S3::Bucket")
        if found.get("ObjectLockEnabled")
    )
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["ObjectLockConfiguration"]["Rule"] == {
        "DefaultRetention": {"Mode": mode.upper(), "Days": 30}
    }


def test_no_function_lifts_a_lock(synthesised):
    text = json.dumps(synthesised("aws").template)
    assert "PutObjectRetention" not in text
    assert "BypassGovernanceRetention" not in text
