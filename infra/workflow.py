"""The state machine, and who may start, watch and stop its executions."""

from pathlib import Path

from aws_cdk import ArnFormat, Fn, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.account.foundation import LOG_DELIVERY, SAMPLED_TRACES, Foundation
from infra.assets import ROOT
from infra.config import StageConfig

DEFINITION = ROOT / "statemachine" / "export_invoices.asl.json"

# A name inside the machine only: whoever starts executions knows it without asking.
ALIAS = "live"

# {runId}-{generation}: a UUIDv7 and, as far as anybody retries, up to two digits.
# A question mark stands for one character; "*" would take in any name.
RUN_ID = "????????-????-7???-????-????????????"
EXECUTION_NAMES = (f"{RUN_ID}-?", f"{RUN_ID}-??")


class Workflow(Construct):
    """``statemachine/export_invoices.asl.json`` with its functions filled in."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        steps: dict[str, lambda_.Function],
        definition: Path = DEFINITION,
        foundation: Foundation | None = None,
    ) -> None:
        """``steps`` are the functions by the name that the definition gives them.

        In an account executions are started through an alias of a version: running
        ones end on the definition that they began with, new ones begin with the new.
        """
        super().__init__(scope, id_)
        self.alias: str | None = None
        log_group = logs.LogGroup(
            self,
            "Logs",
            encryption_key=foundation.key if foundation else None,
            retention=config.log_retention,
            removal_policy=config.removal_policy,
        )
        self.machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_file(str(definition)),
            definition_substitutions={
                f"{name}FunctionArn": function.function_arn
                for name, function in steps.items()
            },
            logs=None
            if foundation
            else sfn.LogOptions(
                destination=log_group,
                level=sfn.LogLevel.ERROR,
                # Ids and counts only ever travel through the states.
                include_execution_data=True,
            ),
        )
        if foundation:
            self._observe(foundation, log_group)
            self._version()
        self.machine.add_to_role_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                resources=[function.function_arn for function in steps.values()],
            )
        )

    @property
    def _resource(self) -> sfn.CfnStateMachine:
        resource = self.machine.node.default_child
        assert isinstance(resource, sfn.CfnStateMachine)  # noqa: S101
        return resource

    def _observe(self, foundation: Foundation, log_group: logs.LogGroup) -> None:
        """Every transition to the log, without data; set below the construct.

        The construct itself would give the role's policy a ``"*"`` of its own.
        """
        logging = sfn.CfnStateMachine.LoggingConfigurationProperty(
            level="ALL",
            include_execution_data=False,
            destinations=[
                sfn.CfnStateMachine.LogDestinationProperty(
                    cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                        log_group_arn=log_group.log_group_arn
                    )
                )
            ],
        )
        self._resource.logging_configuration = logging
        self._resource.tracing_configuration = (
            sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True)
        )
        foundation.allow_unscoped(
            self.machine.role, *SAMPLED_TRACES, *LOG_DELIVERY, user=self._resource
        )

    def _version(self) -> None:
        version = sfn.CfnStateMachineVersion(
            self,
            "Version",
            state_machine_arn=self.machine.state_machine_arn,
            # Another definition is another revision, and that another version.
            state_machine_revision_id=self.machine.state_machine_revision_id,
        )
        # Old versions stay for the executions that began with them.
        version.apply_removal_policy(RemovalPolicy.RETAIN)
        sfn.CfnStateMachineAlias(
            self,
            "Alias",
            name=ALIAS,
            deployment_preference=sfn.CfnStateMachineAlias.DeploymentPreferenceProperty(
                state_machine_version_arn=version.attr_arn, type="ALL_AT_ONCE"
            ),
        )
        self.alias = ALIAS

    def grant_start(self, function: lambda_.Function) -> None:
        """Start executions, where there is an alias through that alone."""
        arn = self.machine.state_machine_arn
        if self.alias:
            arn = f"{arn}:{self.alias}"
            function.add_environment("STATE_MACHINE_ALIAS", self.alias)
        self._grant("Start", function, [arn], "states:StartExecution")

    def grant_watch(self, function: lambda_.Function) -> None:
        """Ask how executions of this machine stand."""
        self._grant("Watch", function, self._executions, "states:DescribeExecution")

    def grant_stop(self, function: lambda_.Function) -> None:
        """Stop executions of this machine."""
        self._grant("Stop", function, self._executions, "states:StopExecution")

    def grant_inspect(self, function: lambda_.Function) -> None:
        """Read histories, and the definition as it is and as an execution has it."""
        self._grant(
            "Inspect",
            function,
            self._executions,
            "states:GetExecutionHistory",
            "states:DescribeStateMachineForExecution",
        )
        self._grant(
            "Define",
            function,
            [self.machine.state_machine_arn],
            "states:DescribeStateMachine",
        )

    @property
    def _executions(self) -> list[str]:
        machine = Fn.select(6, Fn.split(":", self.machine.state_machine_arn))
        return [
            Stack.of(self).format_arn(
                service="states",
                resource="execution",
                resource_name=f"{machine}:{name}",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for name in EXECUTION_NAMES
        ]

    def _grant(
        self, what: str, function: lambda_.Function, arns: list[str], *actions: str
    ) -> None:
        """A policy of its own, since the machine may invoke the function itself.

        In the role's default policy it would make a circle.
        """
        policy = iam.Policy(
            self,
            f"{what}{function.node.id}",
            statements=[iam.PolicyStatement(actions=list(actions), resources=arns)],
        )
        policy.attach_to_role(function.role)  # type: ignore[arg-type]
