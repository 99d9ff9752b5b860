"""Stages side by side in one account and region share no name."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra.config import ConfigError
from tests.infra.stacks import Synthesised, config_of

NAME = re.compile(r"(Name|Namespace|Identifier|Identity|^Domain|^Alias)$")
# The same everywhere, because each lies inside something that has a name of its own, or
# names something of AWS's.
INSIDE_ANOTHER = {
    ("ApiGateway::Stage", "StageName"),
    ("Backup::BackupPlan", "RuleName"),
    ("IAM::Role", "PolicyName"),
    ("RDS::DBInstance", "DBName"),
    ("RDS::DBProxyTargetGroup", "TargetGroupName"),
    ("StepFunctions::StateMachineAlias", "Name"),
    # Rules of the firewall, and the metrics of each.
    ("WAFv2::WebACL", "Name"),
    ("WAFv2::WebACL", "MetricName"),
}
OF_AWS = {
    ("CloudWatch::Alarm", "Name"),
    ("CloudWatch::Alarm", "MetricName"),
    ("Cognito::UserPool", "Name"),
    ("EC2::VPCEndpoint", "ServiceName"),
    ("RDS::DBInstance", "CACertificateIdentifier"),
    ("WAFv2::LoggingConfiguration", "Name"),
    ("WAFv2::WebACL", "VendorName"),
}


@pytest.fixture(scope="module")
def pair(synthesise_together):
    return synthesise_together(
        *(
            config_of(
                "aws",
                name=name,
                senderAddress=f"{name}@sender.example",
                domainName=f"{name}.example",
                certificateArn=f"arn:aws:acm:us-east-1:111122223333:certificate/{name}",
            )
            for name in ("blue", "green")
        )
    )


def names(stack: Synthesised) -> set[tuple[str, str, str]]:
    """Return the names that AWS is told, by type and property."""
    return {
        (resource["Type"].removeprefix("AWS::"), key, named(value, stack))
        for resource in stack.template["Resources"].values()
        for key, value in told(resource.get("Properties", {}))
        if refers_to_nothing_of(stack, value)
    }


def told(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if NAME.search(key) and not isinstance(value, list):
        yield key, value
    elif isinstance(value, dict):
        for each, inner in value.items():
            yield from told(inner, each)
    elif isinstance(value, list):
        for inner in value:
            yield from told(inner)


def refers_to_nothing_of(stack: Synthesised, value: Any) -> bool:
    """Return whether a value is known before the stack's resources have names."""
    text = json.dumps(value)
    return not any(f'"{id_}"' in text for id_ in stack.template["Resources"])


def named(value: Any, stack: Synthesised) -> str:
    pseudo = json.dumps({"Ref": "AWS::StackName"})
    return json.dumps(value).replace(pseudo, stack.config.stack_name)


def test_two_stages_share_no_name(pair):
    blue, green = pair
    shared = {
        (type_, key)
        for type_, key, name in names(blue) & names(green)
        if not name.startswith('"AWS/')
    }
    assert shared - OF_AWS == INSIDE_ANOTHER


def test_every_name_is_there_to_compare(pair):
    told_to_aws = {(type_, key) for type_, key, _ in names(pair[0])}
    assert {
        ("ApiGateway::RestApi", "Name"),
        ("Backup::BackupPlan", "BackupPlanName"),
        ("Backup::BackupVault", "BackupVaultName"),
        ("CloudWatch::Alarm", "Namespace"),
        ("Cognito::UserPoolDomain", "Domain"),
        ("Events::EventBus", "Name"),
        ("Logs::LogGroup", "LogGroupName"),
        ("RDS::DBProxy", "DBProxyName"),
        ("SES::EmailIdentity", "EmailIdentity"),
    } <= told_to_aws


def test_functions_write_metrics_where_the_stage_s_alarms_look(pair):
    for stack in pair:
        written = {
            json.dumps(
                function["Properties"]["Environment"]["Variables"][
                    "POWERTOOLS_METRICS_NAMESPACE"
                ]
            )
            for function in stack.functions.values()
        }
        assert written == {json.dumps({"Ref": "AWS::StackName"})}


def test_a_stage_is_named_aws_until_it_is_given_a_name():
    assert config_of("aws").stack_name == "InvoiceExport-aws"
    assert config_of("aws", name="eu-2").stack_name == "InvoiceExport-eu-2"
    assert config_of("local").stack_name == "InvoiceExport-local"


@pytest.mark.parametrize("name", ["2nd", "a_b", "a--b", "end-", "é", "x" * 31])
def test_a_name_that_a_stack_cannot_have_is_refused(name):
    with pytest.raises(ConfigError, match=f"name={name} is no name"):
        config_of("aws", name=name)
