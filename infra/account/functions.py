"""Functions of an account: their network, limits, logs and encryption."""

from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.account.key import OwnKey
from infra.account.network import Network, accept_outside_network
from infra.account.unscoped import NETWORK_INTERFACES, TRACES, Unscoped
from infra.account.versions import (
    publish,
    start_from_snapshots,
    version_options,
)
from infra.config import StageConfig
from infra.functions import Functions
from infra.lambdas import Lambda
from infra.published import Published
from infra.roles import role_of
from infra.triggers import Deployment


class AccountFunctions(Functions):
    """Gives each function a role without AWS's broad managed policies."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        encryption: OwnKey,
        network: Network,
        unscoped: Unscoped,
        dead_letters: sqs.IQueue,
    ) -> None:
        # The base class asks for these while it creates the functions.
        self._key = encryption
        self._network = network
        self._unscoped = unscoped
        super().__init__(
            scope,
            id_,
            config=config,
            encryption=encryption,
            dead_letters=dead_letters,
        )

    def _options(self, row: Lambda) -> dict[str, Any]:
        options: dict[str, Any] = {
            "role": iam.Role(
                self,
                f"{row.id}Role",
                assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            ),
            "environment_encryption": self._key.key,
            # The runtime's own lines are structured and name no run, so it writes only
            # what went wrong. WARN keeps the reports of invocations that timed out,
            # crashed or failed (the Lambda guide's "System log level event mapping")
            # and drops start and success, which are at INFO.
            "logging_format": lambda_.LoggingFormat.JSON,
            "system_log_level_v2": lambda_.SystemLogLevel.WARN,
            "dead_letter_queue": self._dead_letters,
            "reserved_concurrent_executions": row.reserved(
                small=self._config.small_functions
            ),
            "current_version_options": version_options(row),
        }
        if row.in_network:
            options |= {
                "vpc": self._network.vpc,
                "vpc_subnets": self._network.subnets,
                "security_groups": [self._network.functions],
            }
        return options

    def _finish(
        self, row: Lambda, function: lambda_.Function, log_group: logs.LogGroup
    ) -> None:
        role = role_of(function)
        log_group.grant_write(role)
        # Failed events end in an encrypted queue.
        self._key.allow_queues(role)
        self._key.allow_environment(role)
        resource = function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101
        interfaces = NETWORK_INTERFACES if row.in_network else ()
        self._unscoped.allow(role, *TRACES, *interfaces, user=resource)
        # Set on the resource: the construct would add X-Ray's "*" to every role.
        resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(
            mode="Active"
        )
        account = self._config.account
        if row.awaited and account is not None and account.snap_start:
            start_from_snapshots(resource)
        if not row.in_network:
            accept_outside_network(function)
        if any(isinstance(trigger, Deployment) for trigger in row.triggers):
            self._try_once(function)

    def _publish(self, row: Lambda, function: lambda_.Function) -> Published:
        return publish(row, function)

    def _try_once(self, function: lambda_.Function) -> None:
        """Spare a deployment that has failed Lambda's own two retries.

        CloudFormation invokes asynchronously and reports the first failure.
        """
        destinations = lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
            on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                destination=self._dead_letters.queue_arn
            )
        )
        lambda_.CfnEventInvokeConfig(
            function,
            "TriedOnce",
            function_name=function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=0,
            destination_config=destinations,
        )
