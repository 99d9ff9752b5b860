"""Old and new code side by side: versions, their alias, snapshots and the canary."""

import pytest
from aws_cdk import aws_lambda as lambda_

from infra.lambdas import LAMBDAS
from infra.triggers import Deployment
from tests.infra.stacks import ROWS, STAGES, config_of

STEPS = {row.name for row in LAMBDAS if row.states}
DEPLOYED = {
    row.name
    for row in LAMBDAS
    if any(isinstance(trigger, Deployment) for trigger in row.triggers)
}
AWAITED = {"authorize", "http_api"} | STEPS


@pytest.fixture
def account(synthesised):
    return synthesised("aws")


def published(stack, type_):
    """Return the versions or aliases by function."""
    names = {stack.logical_id(found): name for name, found in stack.functions.items()}
    return {
        names[stack.called(resource["Properties"])]: resource
        for resource in stack.resources(type_)
    }


def test_each_function_has_a_version_unless_a_deployment_calls_it(account):
    assert set(published(account, "AWS::Lambda::Version")) == set(ROWS) - DEPLOYED


def test_executions_call_the_versions_that_they_began_with(account):
    versions = published(account, "AWS::Lambda::Version")
    (machine,) = account.properties("AWS::StepFunctions::StateMachine")
    named = [arn["Ref"] for arn in machine["DefinitionSubstitutions"].values()]
    assert set(named) == {account.logical_id(versions[name]) for name in STEPS}


def test_only_versions_of_steps_outlive_the_next_deployment(account):
    for name, version in published(account, "AWS::Lambda::Version").items():
        kept = "Retain" if name in STEPS else "Delete"
        assert version["DeletionPolicy"] == version["UpdateReplacePolicy"] == kept


def test_everybody_else_calls_the_alias(account):
    aliases = published(account, "AWS::Lambda::Alias")
    assert set(aliases) == set(ROWS) - DEPLOYED - STEPS
    ids = {account.logical_id(alias) for alias in aliases.values()}
    for permission in account.properties("AWS::Lambda::Permission"):
        assert permission["FunctionName"]["Ref"] in ids
    assert {alias["Properties"]["Name"] for alias in aliases.values()} == {"live"}


def test_a_function_gets_a_new_version_when_it_changes(synthesised):
    now, later = synthesised("aws"), synthesised("aws", databaseVcpus="4")
    before, after = (published(s, "AWS::Lambda::Version") for s in (now, later))
    changed = {
        name
        for name in before
        if now.logical_id(before[name]) != later.logical_id(after[name])
    }
    assert changed == {"http_api", "plan_pages"}


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "aws"])
def test_a_laptop_has_no_versions(synthesised, stage):
    assert not synthesised(stage).resources("AWS::Lambda::Version")


def with_snapshots(stack):
    on = {"ApplyOn": "PublishedVersions"}
    return {
        name
        for name, function in stack.functions.items()
        if function["Properties"].get("SnapStart") == on
    }


def test_functions_that_people_wait_for_start_from_snapshots(account):
    assert with_snapshots(account) == AWAITED


def test_a_small_stage_pays_for_no_snapshot(synthesised):
    assert not with_snapshots(synthesised("aws", profile="small"))


def test_runtime_can_start_from_snapshots():
    name = config_of("aws").runtime.upper().replace("PYTHON", "PYTHON_")
    runtime = getattr(lambda_.Runtime, name.replace(".", "_"))
    assert runtime.supports_snap_start


def test_http_api_is_released_to_a_tenth_of_the_requests_first(account):
    (group,) = account.resources("AWS::CodeDeploy::DeploymentGroup")
    alias = published(account, "AWS::Lambda::Alias")["http_api"]
    moved = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert moved["DeploymentGroupName"] == {"Ref": account.logical_id(group)}
    config = group["Properties"]["DeploymentConfigName"]
    assert config == "CodeDeployDefault.LambdaCanary10Percent5Minutes"


def test_errors_of_the_new_version_roll_the_release_back(account):
    (group,) = account.properties("AWS::CodeDeploy::DeploymentGroup")
    rollback = group["AutoRollbackConfiguration"]
    assert rollback["Enabled"]
    assert "DEPLOYMENT_STOP_ON_ALARM" in rollback["Events"]
    (watched,) = group["AlarmConfiguration"]["Alarms"]
    alarm = account.template["Resources"][watched["Name"]["Ref"]]["Properties"]
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    function = {"Ref": account.logical_id(account.functions["http_api"])}
    version = published(account, "AWS::Lambda::Version")["http_api"]
    assert dimensions == {
        "FunctionName": function,
        "Resource": {"Fn::Join": ["", [function, ":live"]]},
        "ExecutedVersion": {"Fn::GetAtt": [account.logical_id(version), "Version"]},
    }
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
