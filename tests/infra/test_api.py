"""The API: which routes need a token, and the format of a refusal."""

import json

import pytest

from invoice_export.api.declarations import headers_of
from invoice_export.domain.problem_codes import ProblemCode

OPEN = {
    ("GET", "/api/openapi.json"),
    ("HEAD", "/api/openapi.json"),
    ("ANY", "/inspector"),
    ("ANY", "/inspector/{proxy+}"),
}
STATUS_CODES = {
    "UNAUTHORIZED": (401, "UNAUTHENTICATED"),
    "ACCESS_DENIED": (401, "UNAUTHENTICATED"),
    "WAF_FILTERED": (403, "FORBIDDEN"),
    "MISSING_AUTHENTICATION_TOKEN": (404, "NOT_FOUND"),
    "RESOURCE_NOT_FOUND": (404, "NOT_FOUND"),
    "REQUEST_TOO_LARGE": (413, "PAYLOAD_TOO_LARGE"),
    "INTEGRATION_FAILURE": (502, "BAD_GATEWAY"),
    "THROTTLED": (429, "TOO_MANY_REQUESTS"),
    "INTEGRATION_TIMEOUT": (504, "TIMEOUT"),
    "DEFAULT_4XX": (400, "BAD_REQUEST"),
    "DEFAULT_5XX": (500, "INTERNAL_ERROR"),
}


def path_of(stack, resource_id):
    if "Ref" not in resource_id:
        return ""
    resource = stack.template["Resources"][resource_id["Ref"]]["Properties"]
    return f"{path_of(stack, resource['ParentId'])}/{resource['PathPart']}"


def methods(stack):
    return {
        (method["HttpMethod"], path_of(stack, method["ResourceId"])): method
        for method in stack.properties("AWS::ApiGateway::Method")
    }


def authorizers(stack):
    return {
        authorizer["Properties"]["Type"]: authorizer
        for authorizer in stack.resources("AWS::ApiGateway::Authorizer")
    }


def test_api_has_the_known_routes(stack):
    assert set(methods(stack)) == OPEN | {("ANY", "/api/{proxy+}")}


def test_every_route_but_the_open_ones_is_behind_the_authorizer(stack):
    if not stack.config.gateway_authorizer:
        assert stack.config.stage == "localstack"
        assert authorizers(stack) == {}
        return
    authorizer = authorizers(stack)["TOKEN"]
    for route, method in methods(stack).items():
        if route not in OPEN:
            assert method["AuthorizationType"] == "CUSTOM"
            assert method["AuthorizerId"] == {"Ref": stack.logical_id(authorizer)}


def test_open_routes_need_no_token_but_pass_an_authorizer_in_an_account(stack):
    for route in OPEN:
        method = methods(stack)[route]
        if stack.config.account is None:
            assert method["AuthorizationType"] == "NONE"
        else:
            visitors = authorizers(stack)["REQUEST"]
            assert method["AuthorizerId"] == {"Ref": stack.logical_id(visitors)}
            # The cache key needs no header and keeps each path and method apart.
            identity = visitors["Properties"]["IdentitySource"]
            assert identity == "context.path,context.httpMethod"


@pytest.mark.parametrize("stage", ["aws", "local"])
def test_authorizer_is_the_authorize_function_and_reads_the_bearer_token(
    synthesised, stage
):
    stack = synthesised(stage)
    authorizer = authorizers(stack)["TOKEN"]["Properties"]
    assert authorizer["IdentitySource"] == "method.request.header.Authorization"
    # A run is polled once a second.
    assert authorizer["AuthorizerResultTtlInSeconds"] == 60
    authorize = stack.logical_id(stack.functions["authorize"])
    assert stack.called(authorizer["AuthorizerUri"]) == authorize


def test_every_route_passes_the_whole_request_to_http_api(stack):
    http_api = stack.logical_id(stack.functions["http_api"])
    for method in methods(stack).values():
        assert method["Integration"]["Type"] == "AWS_PROXY"
        assert stack.called(method["Integration"]["Uri"]) == http_api


def test_every_route_of_an_account_has_the_validator(synthesised):
    stack = synthesised("aws")
    (validator,) = stack.resources("AWS::ApiGateway::RequestValidator")
    for method in methods(stack).values():
        assert method["RequestValidatorId"] == {"Ref": stack.logical_id(validator)}


def test_refusals_of_the_gateway_are_problems_with_a_stable_code(stack):
    responses = {
        response["ResponseType"]: response
        for response in stack.properties("AWS::ApiGateway::GatewayResponse")
    }
    assert set(responses) >= set(STATUS_CODES)
    for type_, response in responses.items():
        problem = json.loads(response["ResponseTemplates"]["application/json"])
        assert set(problem) == {"type", "title", "status", "detail", "code"}
        assert str(problem["status"]) == response["StatusCode"]
        headers = {
            name.rpartition(".")[2]: value
            for name, value in response["ResponseParameters"].items()
        }
        assert headers.pop("Content-Type") == "'application/problem+json'"
        headers.pop("Access-Control-Allow-Origin", None)
        assert headers.keys() == headers_of(problem["status"]).keys()
        assert ProblemCode(problem["code"]).status == problem["status"]
        if type_ in STATUS_CODES:
            assert (problem["status"], problem["code"]) == STATUS_CODES[type_]


def test_api_is_throttled(stack):
    (stage,) = stack.properties("AWS::ApiGateway::Stage")
    for settings in stage["MethodSettings"]:
        assert settings["ThrottlingRateLimit"] == stack.config.throttling_rate
        assert settings["ThrottlingBurstLimit"] == stack.config.throttling_burst


@pytest.mark.parametrize("name", ["compose_file", "send_email", "reconcile_runs"])
def test_app_link_of_an_account_is_the_url_of_the_api(synthesised, name):
    stack = synthesised("aws")
    (api,) = stack.resources("AWS::ApiGateway::RestApi")
    variables = stack.functions[name]["Properties"]["Environment"]["Variables"]
    url = json.dumps(variables["APP_BASE_URL"])
    assert stack.logical_id(api) in url
    assert url.rstrip('"}] ').endswith(f"/{stack.config.api_stage_name}")
