"""The REST API: every route goes to ``http_api``, all but three past ``authorize``."""

from collections.abc import Sequence
from typing import Any, ClassVar

from aws_cdk import Aws, Duration, Fn, Stack, Tags
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config import StageConfig
from infra.gateway_problems import add_problems

Options = dict[str, Any]
NO_AUTHORIZER: Options = {"authorization_type": apigateway.AuthorizationType.NONE}


class Api(Construct):
    """A REST API in front of one Lambda."""

    # Request parameters that the description is cached by.
    _cached_by: ClassVar[dict[str, bool]] = {}

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
            # Its metrics go by this name, which no other API of the account has.
            rest_api_name=Stack.of(self).stack_name,
            description="Export invoices",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # The account's logging role belongs to the account, not to this stack.
            cloud_watch_role=False,
            default_cors_preflight_options=_preflight(config.cors_origins),
            deploy_options=apigateway.StageOptions(
                stage_name=config.api_stage_name,
                throttling_rate_limit=config.throttling_rate,
                throttling_burst_limit=config.throttling_burst,
                **self._stage_options(),
            ),
            **self._api_options(),
        )
        # CDK's own output is a URL that local engines do not serve.
        self.rest_api.node.try_remove_child("Endpoint")
        for name, value in config.api_tags.items():
            Tags.of(self.rest_api).add(
                name, value, include_resource_types=["AWS::ApiGateway::RestApi"]
            )
        add_problems(self.rest_api, readable_by_others=bool(config.cors_origins))
        self._add_routes(http_api, authorize)

    @property
    def base_url(self) -> str:
        """Where people reach the app, without a slash at the end.

        Spelled out from the API's id: the stage's own URL depends on ``http_api``, and
        so on the functions that need this URL.
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

    def _add_routes(
        self, http_api: lambda_.IFunction, authorize: lambda_.IFunction
    ) -> None:
        integration = apigateway.LambdaIntegration(http_api, allow_test_invoke=False)
        token_needed = self._token_authorizer(authorize)
        no_token_needed = self._open_route(authorize)
        checks = self._checks()
        root = self.rest_api.root
        api = root.add_resource("api")
        inspector = root.add_resource("inspector")
        api.add_resource("{proxy+}").add_method(
            "ANY", integration, **token_needed, **checks
        )
        for page in (inspector, inspector.add_resource("{proxy+}")):
            # http_api answers GET and HEAD, and refuses others with a 405.
            page.add_method("ANY", integration, **no_token_needed, **checks)
        description = api.add_resource("openapi.json")
        description.add_method("HEAD", integration, **no_token_needed, **checks)
        description.add_method(
            "GET",
            apigateway.LambdaIntegration(
                http_api,
                allow_test_invoke=False,
                cache_key_parameters=list(self._cached_by) or None,
            ),
            request_parameters=self._cached_by or None,
            **no_token_needed,
            **checks,
        )

    def _token_authorizer(self, authorize: lambda_.IFunction) -> Options:
        """Turn bad tokens away before they cost anything."""
        if not self._config.gateway_authorizer:
            return NO_AUTHORIZER
        return {
            "authorization_type": apigateway.AuthorizationType.CUSTOM,
            "authorizer": apigateway.TokenAuthorizer(
                self,
                "Authorizer",
                handler=authorize,
                results_cache_ttl=Duration.seconds(
                    self._config.authorizer_cache_seconds
                ),
            ),
        }

    def _api_options(self) -> Options:
        """Return further options of the API: an account has some."""
        return {}

    def _stage_options(self) -> Options:
        """Return further options of its stage: an account has some."""
        return {}

    def _open_route(self, _authorize: lambda_.IFunction) -> Options:
        """Return the options of a route that needs no token."""
        return NO_AUTHORIZER

    def _checks(self) -> Options:
        """Return what the gateway itself checks in a request: nothing."""
        return {}


def _preflight(origins: Sequence[str]) -> apigateway.CorsOptions | None:
    if not origins:
        return None
    return apigateway.CorsOptions(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-None-Match",
        ],
        expose_headers=["Date", "ETag", "Location", "Retry-After"],
        max_age=Duration.hours(1),
    )
