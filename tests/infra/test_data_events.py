"""CloudTrail records reads and writes of files where the configuration asks for it."""

import pytest

from infra.config import ConfigError
from tests.infra.iam import Account, Question
from tests.infra.resolved import ACCOUNT, arn
from tests.infra.stacks import config_of

TRAIL = arn("cloudtrail", "trail/InvoiceExport-files")
CLOUDTRAIL = "cloudtrail.amazonaws.com"


@pytest.fixture(scope="module")
def stack(synthesise):
    return synthesise("aws", dataEvents="true")


@pytest.fixture(scope="module")
def account(stack):
    return Account(stack)


def bucket(account, prefix):
    (id_,) = (
        id_
        for id_, found in account.names.resources.items()
        if found["Type"] == "AWS::S3::Bucket" and id_.startswith(prefix)
    )
    return account.names.arn(id_)


def test_the_trail_records_the_objects_of_the_files_and_nothing_else(stack, account):
    (trail,) = stack.properties("AWS::CloudTrail::Trail")
    (selector,) = trail["AdvancedEventSelectors"]
    chosen = {
        each["Field"]: account.names.of(each.get("Equals") or each["StartsWith"])
        for each in selector["FieldSelectors"]
    }
    assert chosen == {
        "eventCategory": ["Data"],
        "resources.type": ["AWS::S3::Object"],
        "resources.ARN": [f"{bucket(account, 'FilesBucket')}/"],
    }
    assert trail["IsLogging"] is True
    assert trail["EnableLogFileValidation"] is True
    assert trail["KMSKeyId"]


@pytest.mark.parametrize(("trail", "allowed"), [("ours", True), ("theirs", False)])
def test_only_this_trail_writes_to_the_logs_under_our_key(account, trail, allowed):
    source = TRAIL if trail == "ours" else TRAIL.replace(ACCOUNT, "999988887777")
    logs = bucket(account, "FilesAccessLogs")
    (key,) = (
        account.names.arn(id_)
        for id_, found in account.names.resources.items()
        if found["Type"] == "AWS::KMS::Key"
    )
    context = {"aws:SourceArn": source}
    encrypting = {**context, "kms:EncryptionContext:aws:cloudtrail:arn": source}
    asked = [
        ("s3:GetBucketAcl", logs, context),
        ("s3:PutObject", f"{logs}/data-events/AWSLogs/{ACCOUNT}/1", context),
        ("kms:GenerateDataKey", key, encrypting),
    ]
    decisions = account.decide(
        [
            Question(principal=CLOUDTRAIL, action=action, resource=on, context=said)
            for action, on, said in asked
        ]
    )
    assert [decision.allowed for decision in decisions] == [allowed] * 3


def test_nothing_is_recorded_unless_asked(synthesised):
    assert synthesised("aws").resources("AWS::CloudTrail::Trail") == []
    with pytest.raises(ConfigError, match="dataEvents=maybe is unknown"):
        config_of("aws", dataEvents="maybe")
