"""What the inspector gets on each stage, and what it never gets on AWS."""

import json
from collections.abc import Callable

import pytest

from infra.config import stage_config
from tests.infra.stacks import ENVIRONMENT, Synthesised, config_of

Synthesise = Callable[[str], Synthesised]


def environment(stack: Synthesised) -> dict[str, object]:
    function = stack.functions["http_api"]
    variables: dict[str, object] = function["Properties"]["Environment"]["Variables"]
    return variables


def test_aws_has_no_workshop_and_no_dev_route(synthesised: Synthesise) -> None:
    stack = synthesised("aws")
    assert environment(stack)["WORKSHOP_URL"] == ""
    parts = {p["PathPart"] for p in stack.properties("AWS::ApiGateway::Resource")}
    assert parts == {"api", "{proxy+}", "openapi.json", "inspector"}
    text = json.dumps(stack.template).replace('"WORKSHOP_URL": ""', "").lower()
    assert "workshop" not in text
    assert "dev-issuer" not in text


def test_a_variable_of_the_shell_brings_no_workshop_to_aws() -> None:
    config = stage_config(
        stage="aws",
        environment={**ENVIRONMENT, "WORKSHOP_URL": "http://127.0.0.1:4577"},
        context={},
        host_architecture="x86_64",
    )
    assert config.inspector.workshop_url == ""


def test_the_laptop_is_told_of_its_workshop() -> None:
    config = stage_config(
        stage="local",
        environment={**ENVIRONMENT, "WORKSHOP_URL": "http://127.0.0.1:4577"},
        context={},
        host_architecture="x86_64",
    )
    assert config.inspector.workshop_url == "http://127.0.0.1:4577"
    assert config_of("local").inspector.client_id == ""


def test_aws_links_to_the_console(synthesised: Synthesise) -> None:
    url = json.dumps(environment(synthesised("aws"))["CONSOLE_URL"])
    assert "#/v2/executions/details/" in url
    assert environment(synthesised("local"))["CONSOLE_URL"] == ""


def test_http_api_may_read_definitions(stack: Synthesised) -> None:
    policies = json.dumps(
        stack.properties("AWS::IAM::Policy")
        + stack.properties("AWS::IAM::ManagedPolicy")
    )
    assert "states:DescribeStateMachineForExecution" in policies
    assert '"states:DescribeStateMachine"' in policies


@pytest.mark.parametrize("file", ["index.html", "oidc-client-ts.min.js"])
def test_the_page_and_its_libraries_are_carried(stack: Synthesised, file: str) -> None:
    asset = stack.asset(stack.functions["http_api"])
    assert (asset / "inspector" / file).is_file()
