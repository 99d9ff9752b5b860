"""The inspector's configuration on each stage; AWS never gets the workshop."""

import json
from collections.abc import Callable

import pytest

from infra.stages import stage_config
from tests.infra.stacks import ENVIRONMENT, Synthesised, config_of

Synthesise = Callable[..., Synthesised]


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


def test_a_shell_variable_never_brings_the_workshop_to_aws() -> None:
    config = stage_config(
        stage="aws",
        environment={**ENVIRONMENT, "WORKSHOP_URL": "http://127.0.0.1:4577"},
        context={},
        host_architecture="x86_64",
    )
    assert config.inspector.workshop_url == ""


def test_the_laptop_knows_its_workshop() -> None:
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


def test_http_api_reads_definitions(stack: Synthesised) -> None:
    policies = json.dumps(
        stack.properties("AWS::IAM::Policy")
        + stack.properties("AWS::IAM::ManagedPolicy")
    )
    assert "states:DescribeStateMachineForExecution" in policies
    assert '"states:DescribeStateMachine"' in policies


def test_our_user_pool_signs_people_in_to_the_page(synthesised: Synthesise) -> None:
    stack = synthesised("aws", signInPages="https://app.example/exports")
    (client,) = stack.resources("AWS::Cognito::UserPoolClient")
    properties = client["Properties"]
    assert properties["AllowedOAuthFlows"] == ["code"]
    assert properties["AllowedOAuthFlowsUserPoolClient"] is True
    assert properties["GenerateSecret"] is False
    assert properties["AllowedOAuthScopes"] == ["openid", "profile"]
    (api,) = stack.resources("AWS::ApiGateway::RestApi")
    page, other = properties["CallbackURLs"]
    assert stack.logical_id(api) in json.dumps(page)
    assert json.dumps(page).rstrip('"]} ').endswith("/v1/inspector")
    assert other == "https://app.example/exports"
    assert properties["LogoutURLs"] == properties["CallbackURLs"]


def test_the_inspector_knows_the_sign_in_pages_of_the_pool(
    synthesised: Synthesise,
) -> None:
    stack = synthesised("aws")
    (pool,) = stack.resources("AWS::Cognito::UserPool")
    (domain,) = stack.resources("AWS::Cognito::UserPoolDomain")
    (style,) = stack.resources("AWS::Cognito::ManagedLoginBranding")
    (client,) = stack.resources("AWS::Cognito::UserPoolClient")
    pool_id = {"Ref": stack.logical_id(pool)}
    client_id = {"Ref": stack.logical_id(client)}
    for made in (domain, style, client):
        assert made["Properties"]["UserPoolId"] == pool_id
    assert domain["Properties"]["ManagedLoginVersion"] == 2
    assert style["Properties"]["ClientId"] == client_id
    assert style["Properties"]["UseCognitoProvidedValues"] is True
    told = environment(stack)
    assert told["OIDC_CLIENT_ID"] == told["OIDC_AUDIENCE"] == client_id
    assert "offline_access" not in str(told["OIDC_SCOPE"])
    for name in ("OIDC_ORIGINS", "OIDC_SIGN_OUT_URL"):
        assert stack.logical_id(domain) in json.dumps(told[name])
    assert ".amazoncognito.com/logout" in json.dumps(told["OIDC_SIGN_OUT_URL"])


def test_an_existing_issuer_has_its_client_and_needs_no_pool(
    synthesised: Synthesise,
) -> None:
    stack = synthesised(
        "aws",
        oidcIssuer="https://issuer.example/",
        oidcAudience="exports",
        oidcJwksUrl="https://issuer.example/jwks.json",
        oidcClientId="page",
        oidcOrigins="https://sign-in.example",
    )
    for type_ in ("UserPool", "UserPoolClient", "UserPoolDomain"):
        assert stack.resources(f"AWS::Cognito::{type_}") == []
    told = environment(stack)
    assert (told["OIDC_CLIENT_ID"], told["OIDC_SIGN_OUT_URL"]) == ("page", "")
    assert told["OIDC_ORIGINS"] == "https://sign-in.example"


@pytest.mark.parametrize("file", ["index.html", "main.js", "oidc-client-ts.min.js"])
def test_http_api_carries_the_page_and_its_libraries(
    stack: Synthesised, file: str
) -> None:
    asset = stack.asset(stack.functions["http_api"])
    assert (asset / "inspector" / file).is_file()
