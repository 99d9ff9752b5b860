"""The state machine, and who may start, watch and stop its executions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import ArnFormat, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.assets import ROOT
from infra.config import StageConfig
from infra.encryption import Encryption
from infra.published import Published
from infra.roles import role_of

DEFINITION = ROOT / "statemachine" / "export_invoices.asl.json"

# {runId}-{generation}: a UUIDv7 and up to two digits, which is more retries than
# anybody makes. A question mark matches one character; "*" would match any name.
RUN_ID = "????????-????-7???-????-????????????"
EXECUTION_NAMES = (f"{RUN_ID}-?", f"{RUN_ID}-??")


class Workflow(Construct):
    """``statemachine/export_invoices.asl.json`` with its functions filled in."""

    # Executions start through this alias, or on the machine itself without one.
    alias = ""
    # What follows the ARNs of the functions that it may invoke.
    _versions: tuple[str, ...] = ("",)

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        encryption: Encryption,
        steps: Sequence[Published],
        definition: Path = DEFINITION,
    ) -> None:
        """``steps`` are the functions that the definition names."""
        super().__init__(scope, id_)
        self._log_group = logs.LogGroup(
            self,
            "Logs",
            encryption_key=encryption.key,
            retention=config.log_retention,
            removal_policy=config.removal_policy,
        )
        self.machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_file(str(definition)),
            definition_substitutions={
                f"{step.function.node.id}Arn": step.called.function_arn
                for step in steps
            },
            logs=self._log_options(),
        )
        self.machine.add_to_role_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                resources=[
                    f"{step.function.function_arn}{version}"
                    for step in steps
                    for version in self._versions
                ],
            )
        )

    def _log_options(self) -> sfn.LogOptions | None:
        return sfn.LogOptions(
            destination=self._log_group,
            level=sfn.LogLevel.ERROR,
            # Only ids and counts travel through the states.
            include_execution_data=True,
        )

    def grant_start(self, function: lambda_.Function) -> None:
        """Start executions: through the alias alone, where there is one.

        Step Functions authorises a start through an alias against the machine's own
        ARN, and passes the alias's name to the policy's condition.
        https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
        """
        qualified = {"states:StateMachineQualifier": [self.alias]}
        self._grant(
            "Start",
            function,
            [self.machine.state_machine_arn],
            "states:StartExecution",
            conditions={"ForAnyValue:StringEquals": qualified} if self.alias else None,
        )

    def grant_watch(self, function: lambda_.Function) -> None:
        """Ask for the status of this machine's executions."""
        self._grant("Watch", function, self._executions, "states:DescribeExecution")

    def grant_stop(self, function: lambda_.Function) -> None:
        """Stop this machine's executions."""
        self._grant("Stop", function, self._executions, "states:StopExecution")

    def grant_inspect(self, function: lambda_.Function) -> None:
        """Read histories, and definitions: the present one and each execution's own."""
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
        self,
        what: str,
        function: lambda_.Function,
        arns: list[str],
        *actions: str,
        conditions: Mapping[str, Any] | None = None,
    ) -> None:
        """Attach a policy of its own, because the machine may invoke the function.

        In the role's default policy the two would depend on each other.
        """
        policy = iam.Policy(
            self,
            f"{what}{function.node.id}",
            statements=[
                iam.PolicyStatement(
                    actions=list(actions), resources=arns, conditions=conditions
                )
            ],
        )
        policy.attach_to_role(role_of(function))
