"""The state machine of an account: traced, logged, and started by version."""

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.account.key import OwnKey
from infra.account.unscoped import LOG_DELIVERY, SAMPLED_TRACES, Unscoped
from infra.config import StageConfig
from infra.published import Published
from infra.workflow import Workflow

Machine = sfn.CfnStateMachine


class AccountWorkflow(Workflow):
    """Starts executions through an alias of a version.

    Running executions finish on the definition that they began with; new ones begin
    with the new one.
    """

    # Whoever starts executions knows this name without asking.
    alias = "live"
    # Every version to 9,999: running executions call those that they began with. A
    # question mark matches one character; "*" would match $LATEST and any alias.
    _versions = (":?", ":??", ":???", ":????")

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        encryption: OwnKey,
        unscoped: Unscoped,
        steps: Sequence[Published],
    ) -> None:
        super().__init__(scope, id_, config=config, encryption=encryption, steps=steps)
        resource = self.machine.node.default_child
        assert isinstance(resource, Machine)  # noqa: S101
        self._observe(resource)
        unscoped.allow(self.machine.role, *SAMPLED_TRACES, *LOG_DELIVERY, user=resource)
        self._publish()

    def _log_options(self) -> None:
        """Leave logging to the resource: the construct would add a ``"*"``."""

    def _observe(self, resource: Machine) -> None:
        """Log every transition without data, and trace it."""
        resource.logging_configuration = Machine.LoggingConfigurationProperty(
            level="ALL",
            include_execution_data=False,
            destinations=[
                Machine.LogDestinationProperty(
                    cloud_watch_logs_log_group=Machine.CloudWatchLogsLogGroupProperty(
                        log_group_arn=self._log_group.log_group_arn
                    )
                )
            ],
        )
        resource.tracing_configuration = Machine.TracingConfigurationProperty(
            enabled=True
        )

    def _publish(self) -> None:
        version = sfn.CfnStateMachineVersion(
            self,
            "Version",
            state_machine_arn=self.machine.state_machine_arn,
            # A changed definition is a new revision, and so a new version.
            state_machine_revision_id=self.machine.state_machine_revision_id,
        )
        # Old versions stay for the executions that began with them.
        version.apply_removal_policy(RemovalPolicy.RETAIN)
        sfn.CfnStateMachineAlias(
            self,
            "Alias",
            name=self.alias,
            deployment_preference=sfn.CfnStateMachineAlias.DeploymentPreferenceProperty(
                state_machine_version_arn=version.attr_arn, type="ALL_AT_ONCE"
            ),
        )
