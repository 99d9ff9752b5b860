"""The REST API: every route goes to ``http_api``, all but three past ``authorize``."""

import json
from typing import Any

from aws_cdk import Aws, Duration, Fn, Stack, Tags
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.account.domain import Domain
from infra.account.foundation import Foundation
from infra.account.waf import Firewall
from infra.acknowledge import acknowledge
from infra.config import AccountConfig, StageConfig
from infra.gateway_problems import add_problems

ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "address": "$context.identity.sourceIp",
    "user": "$context.authorizer.principalId",
    "error": "$context.error.responseType",
    "firewall": "$context.wafResponseCode",
}
ORIGIN = "method.request.header.Origin"
NO_AUTHORIZER: dict[str, Any] = {
    "authorization_type": apigateway.AuthorizationType.NONE
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
        foundation: Foundation | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._origins = config.account.cors_origins if config.account else ()
        guarded = self._guarded(foundation) if foundation else {}
        self.rest_api = apigateway.RestApi(
            self,
            "RestApi",
            # What its metrics go by: another API of the account has another name.
            rest_api_name=Stack.of(self).stack_name,
            description="Export invoices",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # The account's logging role belongs to the account, not to this stack.
            cloud_watch_role=False,
            # With a domain of its own the API has no other way in.
            disable_execute_api_endpoint=bool(
                config.account and config.account.domain_name
            )
            or None,
            default_cors_preflight_options=self._preflight(),
            deploy_options=apigateway.StageOptions(
                stage_name=config.api_stage_name,
                throttling_rate_limit=config.throttling_rate,
                throttling_burst_limit=config.throttling_burst,
                **guarded,
            ),
        )
        # Its default output is a URL that local engines do not serve.
        self.rest_api.node.try_remove_child("Endpoint")
        for name, value in config.api_tags.items():
            Tags.of(self.rest_api).add(
                name, value, include_resource_types=["AWS::ApiGateway::RestApi"]
            )
        add_problems(self.rest_api, readable_by_others=bool(self._origins))
        self._add_routes(http_api, authorize, in_account=foundation is not None)
        if foundation and config.account:
            self._protect(foundation, config.account)

    def _add_routes(
        self,
        http_api: lambda_.IFunction,
        authorize: lambda_.IFunction,
        *,
        in_account: bool,
    ) -> None:
        integration = apigateway.LambdaIntegration(http_api, allow_test_invoke=False)
        guarded_by = (
            self._guarded_by(authorize)
            if self._config.gateway_authorizer
            else NO_AUTHORIZER
        )
        opened = self._opened(authorize) if in_account else NO_AUTHORIZER
        checked = self._checked() if in_account else {}
        root = self.rest_api.root
        api = root.add_resource("api")
        inspector = root.add_resource("inspector")
        api.add_resource("{proxy+}").add_method(
            "ANY", integration, **guarded_by, **checked
        )
        for page in (inspector, inspector.add_resource("{proxy+}")):
            page.add_method("GET", integration, **opened, **checked)
        # It is kept for a while, and each origin is told that it may read it.
        by_origin = {ORIGIN: False} if in_account else None
        api.add_resource("openapi.json").add_method(
            "GET",
            apigateway.LambdaIntegration(
                http_api,
                allow_test_invoke=False,
                cache_key_parameters=list(by_origin) if by_origin else None,
            ),
            request_parameters=by_origin,
            **opened,
            **checked,
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

    def _guarded(self, foundation: Foundation) -> dict[str, Any]:
        """The stage's settings in an account: logs, traces, an encrypted cache."""
        account = foundation.account
        log_group = logs.LogGroup(
            self,
            "AccessLogs",
            encryption_key=foundation.key,
            retention=self._config.log_retention,
            removal_policy=self._config.removal_policy,
        )
        certificate = apigateway.CfnClientCertificate(self, "ClientCertificate")
        return {
            "access_log_destination": apigateway.LogGroupLogDestination(log_group),
            # Who asked for what: no header, no body, no query.
            "access_log_format": apigateway.AccessLogFormat.custom(
                json.dumps(ACCESS_LOG)
            ),
            "logging_level": apigateway.MethodLoggingLevel.ERROR,
            "data_trace_enabled": False,
            "metrics_enabled": True,
            "tracing_enabled": True,
            "client_certificate_id": certificate.ref,
            # Only the API's description is kept: a time of 0 keeps nothing.
            "cache_cluster_enabled": True,
            "cache_cluster_size": "0.5",
            "caching_enabled": True,
            "cache_data_encrypted": True,
            "cache_ttl": Duration.seconds(0),
            "method_options": {
                "/api/openapi.json/GET": apigateway.MethodDeploymentOptions(
                    caching_enabled=True,
                    cache_data_encrypted=True,
                    cache_ttl=Duration.seconds(account.openapi_cache_seconds),
                    logging_level=apigateway.MethodLoggingLevel.ERROR,
                    data_trace_enabled=False,
                    metrics_enabled=True,
                    throttling_rate_limit=self._config.throttling_rate,
                    throttling_burst_limit=self._config.throttling_burst,
                )
            },
        }

    def _guarded_by(self, authorize: lambda_.IFunction) -> dict[str, Any]:
        """Bad tokens are turned away here, before they cost anything."""
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

    def _opened(self, authorize: lambda_.IFunction) -> dict[str, Any]:
        """Nothing is without an authorizer: this one lets the open routes through."""
        return {
            "authorization_type": apigateway.AuthorizationType.CUSTOM,
            "authorizer": apigateway.RequestAuthorizer(
                self,
                "OpenRoutes",
                handler=authorize,
                identity_sources=[apigateway.IdentitySource.context("path")],
                results_cache_ttl=Duration.hours(1),
            ),
        }

    def _checked(self) -> dict[str, Any]:
        """The gateway's own checks, which are few.

        What a body has to be, ``http_api`` says, once it has seen whose request it is:
        a gateway that said so would answer strangers.
        """
        return {
            "request_validator": apigateway.RequestValidator(
                self,
                "Validator",
                rest_api=self.rest_api,
                validate_request_parameters=True,
                validate_request_body=True,
            )
        }

    def _preflight(self) -> apigateway.CorsOptions | None:
        if not self._origins:
            return None
        return apigateway.CorsOptions(
            allow_origins=list(self._origins),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "If-None-Match",
            ],
            expose_headers=["ETag", "Location", "Retry-After"],
            max_age=Duration.hours(1),
        )

    def _protect(self, foundation: Foundation, account: AccountConfig) -> None:
        acknowledge(
            self,
            "AwsSolutions-COG4",
            reason="Tokens of any OIDC issuer are accepted, which a Cognito authorizer "
            "cannot do: the authorizer is a Lambda, and http_api checks again.",
        )
        Firewall(
            self,
            "Firewall",
            config=self._config,
            requests_per_address=account.waf_requests_per_address,
            key=foundation.key,
            stage_arn=self.rest_api.deployment_stage.stage_arn,
        )
        if account.domain_name and account.certificate_arn:
            Domain(
                self,
                "Domain",
                name=account.domain_name,
                certificate_arn=account.certificate_arn,
                stage=self.rest_api.deployment_stage,
            )
