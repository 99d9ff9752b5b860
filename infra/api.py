"""The REST API: every route goes to ``http_api``, all but three past ``authorize``."""

import json
from http import HTTPStatus

from aws_cdk import Aws, Duration, Fn, Tags
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config import StageConfig

ResponseType = apigateway.ResponseType

# What the gateway refuses by itself, in the words of the API's own problems: status,
# title, code, detail. To the gateway a route that does not exist is one that misses an
# authentication token.
UNAUTHENTICATED = (
    401,
    "Unauthorized",
    "UNAUTHENTICATED",
    "Send 'Authorization: Bearer <token>' with a valid token.",
)
FORBIDDEN = (403, "Forbidden", "FORBIDDEN", "This is not allowed.")
NOT_FOUND = (404, "Not Found", "NOT_FOUND", "There is nothing here.")
TOO_MANY = (
    429,
    "Too Many Requests",
    "TOO_MANY_REQUESTS",
    "Too many requests: try again in a moment.",
)
BROKEN = (
    500,
    "Internal Server Error",
    "INTERNAL_ERROR",
    "Something went wrong here: try again.",
)
PROBLEMS: dict[ResponseType, tuple[int, str, str, str]] = {
    ResponseType.UNAUTHORIZED: UNAUTHENTICATED,
    ResponseType.EXPIRED_TOKEN: UNAUTHENTICATED,
    ResponseType.INVALID_SIGNATURE: UNAUTHENTICATED,
    ResponseType.ACCESS_DENIED: FORBIDDEN,
    ResponseType.WAF_FILTERED: FORBIDDEN,
    ResponseType.MISSING_AUTHENTICATION_TOKEN: NOT_FOUND,
    ResponseType.RESOURCE_NOT_FOUND: NOT_FOUND,
    ResponseType.REQUEST_TOO_LARGE: (
        413,
        "Content Too Large",
        "BODY_TOO_LARGE",
        "The request is too large.",
    ),
    ResponseType.UNSUPPORTED_MEDIA_TYPE: (
        415,
        "Unsupported Media Type",
        "UNSUPPORTED_MEDIA_TYPE",
        "Send JSON.",
    ),
    ResponseType.THROTTLED: TOO_MANY,
    ResponseType.QUOTA_EXCEEDED: TOO_MANY,
    ResponseType.INTEGRATION_FAILURE: (
        502,
        "Bad Gateway",
        "INTERNAL_ERROR",
        "Something went wrong here: try again.",
    ),
    ResponseType.INTEGRATION_TIMEOUT: (
        504,
        "Gateway Timeout",
        "TIMEOUT",
        "No answer in time: try again.",
    ),
    ResponseType.DEFAULT_4_XX: (
        400,
        "Bad Request",
        "BAD_REQUEST",
        "The request cannot be read.",
    ),
    ResponseType.DEFAULT_5_XX: BROKEN,
}


class Api(Construct):
    """A REST API in front of one Lambda."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        http_api: lambda_.IFunction,
        authorize: lambda_.IFunction,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self.rest_api = apigateway.RestApi(
            self,
            "RestApi",
            description="Export invoices",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # The account's logging role belongs to the account, not to this stack.
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                stage_name=config.api_stage_name,
                throttling_rate_limit=config.throttling_rate,
                throttling_burst_limit=config.throttling_burst,
                tracing_enabled=config.tracing,
            ),
        )
        # Its default output is a URL that local engines do not serve.
        self.rest_api.node.try_remove_child("Endpoint")
        for name, value in config.api_tags.items():
            Tags.of(self.rest_api).add(
                name, value, include_resource_types=["AWS::ApiGateway::RestApi"]
            )
        self._add_problems()
        authorizer = apigateway.TokenAuthorizer(
            self,
            "Authorizer",
            handler=authorize,
            results_cache_ttl=Duration.seconds(config.authorizer_cache_seconds),
        )
        integration = apigateway.LambdaIntegration(http_api, allow_test_invoke=False)
        root = self.rest_api.root
        api = root.add_resource("api")
        api.add_resource("{proxy+}").add_method(
            "ANY",
            integration,
            authorizer=authorizer,
            authorization_type=apigateway.AuthorizationType.CUSTOM,
        )
        inspector = root.add_resource("inspector")
        for open_to_all in (
            api.add_resource("openapi.json"),
            inspector,
            inspector.add_resource("{proxy+}"),
        ):
            open_to_all.add_method(
                "GET", integration, authorization_type=apigateway.AuthorizationType.NONE
            )

    @property
    def base_url(self) -> str:
        """Where the app is reached, without a slash at the end.

        Written out from the API's id, since the stage's own URL depends on
        ``http_api`` and through it on the functions that are told this URL.
        """
        if self._config.app_base_url:
            return self._config.app_base_url
        return Fn.join(
            "",
            [
                f"https://{self.rest_api.rest_api_id}.execute-api.{Aws.REGION}.",
                f"{Aws.URL_SUFFIX}/{self._config.api_stage_name}",
            ],
        )

    def _add_problems(self) -> None:
        for type_, (status, title, code, detail) in PROBLEMS.items():
            headers = {"Content-Type": "'application/problem+json'"}
            if status == HTTPStatus.UNAUTHORIZED:
                headers["WWW-Authenticate"] = "'Bearer'"
            problem = {
                "type": "about:blank",
                "title": title,
                "status": status,
                "detail": detail,
                "code": code,
            }
            self.rest_api.add_gateway_response(
                type_.response_type.title().replace("_", ""),
                type=type_,
                status_code=str(status),
                response_headers=headers,
                # The gateway renders this template whatever the caller accepts.
                templates={"application/json": json.dumps(problem)},
            )
