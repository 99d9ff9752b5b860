"""The bucket: closed to the world, and emptied by itself."""


def only_bucket(stack):
    (bucket,) = stack.resources("AWS::S3::Bucket")
    return bucket


def test_bucket_is_private_and_encrypted(stack):
    properties = only_bucket(stack)["Properties"]
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
    (policy,) = stack.properties("AWS::S3::BucketPolicy")
    conditions = [
        statement["Condition"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
    ]
    assert {"Bool": {"aws:SecureTransport": "false"}} in conditions


def test_parts_and_files_expire_and_stale_uploads_are_aborted(stack):
    rules = only_bucket(stack)["Properties"]["LifecycleConfiguration"]["Rules"]
    days = {rule.get("Prefix"): rule.get("ExpirationInDays") for rule in rules}
    assert days == {"parts/": 3, "exports/": 7, None: None}
    (abort,) = (r for r in rules if "AbortIncompleteMultipartUpload" in r)
    assert abort["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert {rule["Status"] for rule in rules} == {"Enabled"}


def test_functions_are_told_how_long_parts_and_files_live(stack):
    rules = only_bucket(stack)["Properties"]["LifecycleConfiguration"]["Rules"]
    days = {rule.get("Prefix"): str(rule.get("ExpirationInDays")) for rule in rules}
    variables = stack.functions["http_api"]["Properties"]["Environment"]["Variables"]
    assert variables["FILE_RETENTION_DAYS"] == days["exports/"]
    assert variables["PART_RETENTION_DAYS"] == days["parts/"]


def test_only_the_aws_stage_keeps_its_data(stack):
    keep = "Retain" if stack.config.stage == "aws" else "Delete"
    assert only_bucket(stack)["DeletionPolicy"] == keep
