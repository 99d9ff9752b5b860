"""Differences between stages, and errors for a wrong configuration."""

import dataclasses
import json
import os
import re
import subprocess
import sys

import pytest

from infra.config import PRESETS, ConfigError
from invoice_export.domain.dialects import Preset
from tests.infra.stacks import (
    ENDPOINT,
    ENVIRONMENT,
    GIVEN_DATABASE,
    ROOT,
    ROWS,
    config_of,
)

URL = re.compile(r"\b[a-z]+://(?:[^@/\"\s]*@)?([^:/\"\s]+)")


# How a person gets into the database that the stack creates.
SHELL = {
    "DatabaseResourceId",
    "DatabaseShellCommand",
    "DatabaseShellGroupId",
    "DatabaseShellSubnetId",
    "DatabaseShellVpcId",
}


def run_app(environment, stage):
    context = {"stage": stage}
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "CDK_CONTEXT_JSON": json.dumps(context),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("stage", ["local", "localstack"])
def test_local_stages_name_loopback_urls_only(synthesised, stage):
    for function in synthesised(stage).functions.values():
        variables = json.dumps(function["Properties"]["Environment"]["Variables"])
        assert set(URL.findall(variables)) <= {"127.0.0.1"}


@pytest.mark.parametrize(
    ("stage", "tag"), [("local", "ms-custom-id"), ("localstack", "_custom_id_")]
)
def test_local_api_is_where_the_app_link_says(synthesised, stage, tag):
    stack = synthesised(stage)
    (api,) = stack.properties("AWS::ApiGateway::RestApi")
    (api_stage,) = stack.properties("AWS::ApiGateway::Stage")
    id_ = {entry["Key"]: entry["Value"] for entry in api["Tags"]}[tag]
    variables = stack.functions["send_email"]["Properties"]["Environment"]["Variables"]
    assert variables["APP_BASE_URL"] == (
        f"{ENDPOINT}/_aws/execute-api/{id_}/{api_stage['StageName']}"
    )


@pytest.mark.parametrize("stage", ["local", "localstack"])
def test_local_stages_have_no_custom_resource(synthesised, stage):
    types = {r["Type"] for r in synthesised(stage).template["Resources"].values()}
    assert not [t for t in types if t.startswith(("Custom::", "AWS::CloudFormation"))]


def test_aws_stage_has_no_local_url(synthesised):
    assert "127.0.0.1" not in json.dumps(synthesised("aws").template)


def test_outputs_are_what_the_laptop_stack_needs(stack):
    of_an_account = {"UserPoolId", *SHELL} if stack.config.account else set()
    assert set(stack.template["Outputs"]) - of_an_account == {
        "ApiUrl",
        "EmailEventsQueueUrl",
        "FilesBucketName",
        "DigestsBucketName",
        "StateMachineArn",
        "MigrateDatabaseFunctionName",
    }


def test_nothing_has_a_physical_name(stack):
    named = {
        "AWS::Lambda::Function": "FunctionName",
        "AWS::S3::Bucket": "BucketName",
        "AWS::StepFunctions::StateMachine": "StateMachineName",
        "AWS::IAM::Role": "RoleName",
        "AWS::Logs::LogGroup": "LogGroupName",
        "AWS::Events::Rule": "Name",
        "AWS::Lambda::LayerVersion": "LayerName",
    }
    for type_, property_ in named.items():
        for properties in stack.properties(type_):
            # WAF requires a prefix.
            if "aws-waf-logs" not in str(properties.get(property_)):
                assert property_ not in properties


def test_synthesis_is_reproducible(synthesise, synthesised):
    assert synthesise("local").template == synthesised("local").template


def test_page_policy_matches_the_documents():
    policies = {
        stage: (config_of(stage).min_page_rows, config_of(stage).max_page_rows)
        for stage in ("aws", "localstack", "local")
    }
    assert policies == {
        "aws": (500, 100_000),
        "localstack": (50, 100_000),
        "local": (50, 100_000),
    }


@pytest.mark.parametrize("stage", ["aws", "localstack", "local"])
def test_email_claim_outlives_the_lambda_that_made_it(stage):
    config = config_of(stage)
    for claimant in ("send_email", "reconcile_runs"):
        assert config.email_claim_seconds > ROWS[claimant].timeout_seconds


@pytest.mark.parametrize("stage", ["aws", "localstack", "local"])
def test_files_of_an_ended_run_stay_while_a_worker_may_be_writing(stage):
    config = config_of(stage)
    for writer in ("write_page", "compose_file"):
        assert config.cleanup_grace_seconds > ROWS[writer].timeout_seconds


def test_configuration_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        config_of("aws").database_vcpus = 1


def test_the_sender_is_a_placeholder_until_configured():
    assert config_of("aws").placeholders == ["senderAddress"]
    given = config_of("aws", senderAddress="exports@sender.example")
    assert given.placeholders == []


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"oidcIssuer": "https://issuer.example/"}, "oidcAudience, oidcJwksUrl"),
        ({"vpcId": "vpc-1"}, "privateSubnetIds, availabilityZones"),
        ({"databaseUrl": "postgresql://db.example/x"}, "ownerDatabaseUrl"),
        ({"domainName": "exports.example"}, "certificateArn"),
        ({"oidcClientId": "page"}, "oidcIssuer"),
        ({"copiesBucket": "copies"}, "copiesKeyArn"),
        ({"availabilityZones": "us-east-1a"}, "two of them"),
        ({"databaseClients": "sg-9", **GIVEN_DATABASE}, "group of your database"),
    ],
)
def test_values_that_belong_together_are_refused_alone(given, missing):
    with pytest.raises(ConfigError, match=missing):
        config_of("aws", **given)


def test_an_existing_network_may_have_one_zone():
    account = config_of(
        "aws",
        vpcId="vpc-1",
        privateSubnetIds="subnet-1",
        availabilityZones="us-east-1a",
    ).account
    assert account.network.availability_zones == ("us-east-1a",)
    assert account.network_zones == ()


def test_an_account_configures_what_its_database_bears():
    config = config_of("aws", databaseVcpus="8", maxRunningExports="9")
    assert (config.database_vcpus, config.max_running_exports) == (8, 9)


@pytest.mark.parametrize("text", ["0", "-1", "many", "inf", "nan"])
def test_a_size_must_be_a_number_above_0(text):
    with pytest.raises(ConfigError, match=f"databaseVcpus={text} is not a number"):
        config_of("aws", databaseVcpus=text)


def test_an_account_chooses_its_dialect_of_csv():
    assert config_of("aws", defaultPreset="excel").default_preset == "excel"
    with pytest.raises(ConfigError, match="give rfc4180 or excel"):
        config_of("aws", defaultPreset="lotus")


def test_presets_are_those_of_the_package():
    assert list(Preset) == list(PRESETS)


def test_unknown_stage_is_refused():
    with pytest.raises(ConfigError, match="unknown stage 'prod'"):
        config_of("prod")


def test_missing_variable_is_one_line():
    without = {k: v for k, v in ENVIRONMENT.items() if k != "OIDC_AUDIENCE"}
    done = run_app(without, "local")
    assert done.returncode == 1
    (line,) = (text for text in done.stderr.splitlines() if text.startswith("app.py"))
    assert "OIDC_AUDIENCE" in line
    assert "Traceback" not in done.stderr
