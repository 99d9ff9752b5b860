"""The API of an account: logs, traces, a cache, a firewall, a domain."""

import json
from typing import ClassVar

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.account.domain import Domain
from infra.account.key import OwnKey
from infra.account.waf import Firewall
from infra.acknowledge import acknowledge
from infra.api import Api, Options
from infra.config import AccountConfig, StageConfig

# Who asked for what: no header, no body, no query.
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
DESCRIPTION = "/api/openapi.json/GET"


class AccountApi(Api):
    """Logs every request, and stops floods."""

    # Each origin gets its own permission to read the description.
    _cached_by: ClassVar[dict[str, bool]] = {"method.request.header.Origin": False}

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        account: AccountConfig,
        encryption: OwnKey,
        http_api: lambda_.IFunction,
        authorize: lambda_.IFunction,
    ) -> None:
        # The base class asks for these while it creates the API.
        self._account = account
        self._key = encryption.key
        super().__init__(
            scope, id_, config=config, http_api=http_api, authorize=authorize
        )
        acknowledge(
            self,
            "AwsSolutions-COG4",
            reason="The API takes tokens of any OIDC issuer, which a Cognito "
            "authorizer cannot: the authorizer is a Lambda, and http_api checks again.",
        )
        stage = self.rest_api.deployment_stage
        Firewall(
            self,
            "Firewall",
            config=config,
            requests_per_caller=account.waf_requests_per_caller,
            requests_per_address=account.waf_requests_per_address,
            key=self._key,
            stage_arn=stage.stage_arn,
        )
        if account.domain_name and account.certificate_arn:
            Domain(
                self,
                "Domain",
                name=account.domain_name,
                certificate_arn=account.certificate_arn,
                stage=stage,
            )

    def _api_options(self) -> Options:
        # A domain of our own is then the only way in.
        return {"disable_execute_api_endpoint": bool(self._account.domain_name) or None}

    def _stage_options(self) -> Options:
        log_group = logs.LogGroup(
            self,
            "AccessLogs",
            encryption_key=self._key,
            retention=self._config.log_retention,
            removal_policy=self._config.removal_policy,
        )
        certificate = apigateway.CfnClientCertificate(self, "ClientCertificate")
        observed: Options = {
            "logging_level": apigateway.MethodLoggingLevel.ERROR,
            "data_trace_enabled": False,
            "metrics_enabled": True,
            "caching_enabled": True,
            "cache_data_encrypted": True,
        }
        description = apigateway.MethodDeploymentOptions(
            **observed,
            cache_ttl=Duration.seconds(self._account.openapi_cache_seconds),
            throttling_rate_limit=self._config.throttling_rate,
            throttling_burst_limit=self._config.throttling_burst,
        )
        return observed | {
            "access_log_destination": apigateway.LogGroupLogDestination(log_group),
            "access_log_format": apigateway.AccessLogFormat.custom(
                json.dumps(ACCESS_LOG)
            ),
            "tracing_enabled": True,
            "client_certificate_id": certificate.ref,
            "cache_cluster_enabled": True,
            "cache_cluster_size": "0.5",
            # The cache keeps only the API's description: 0 seconds keep nothing.
            "cache_ttl": Duration.seconds(0),
            "method_options": {DESCRIPTION: description},
        }

    def _open_route(self, authorize: lambda_.IFunction) -> Options:
        """Send open routes past an authorizer too, which lets them through."""
        return {
            "authorization_type": apigateway.AuthorizationType.CUSTOM,
            "authorizer": apigateway.RequestAuthorizer(
                self,
                "OpenRoutes",
                handler=authorize,
                # The answer that is kept allows one method of one path.
                identity_sources=[
                    apigateway.IdentitySource.context("path"),
                    apigateway.IdentitySource.context("httpMethod"),
                ],
                results_cache_ttl=Duration.hours(1),
            ),
        }

    def _checks(self) -> Options:
        """Check the little that the gateway can check.

        ``http_api`` validates bodies once it knows the caller. A gateway that did so
        would answer strangers.
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
