"""The state machine, and who may start, watch and stop its executions."""

from pathlib import Path

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.assets import ROOT
from infra.config import StageConfig

DEFINITION = ROOT / "statemachine" / "export_invoices.asl.json"


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
    ) -> None:
        """``steps`` are the functions by the name that the definition gives them."""
        super().__init__(scope, id_)
        self.machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_file(str(definition)),
            definition_substitutions={
                f"{name}FunctionArn": function.function_arn
                for name, function in steps.items()
            },
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self,
                    "Logs",
                    retention=config.log_retention,
                    removal_policy=config.removal_policy,
                ),
                level=sfn.LogLevel.ERROR,
                # Ids and counts only ever travel through the states.
                include_execution_data=True,
            ),
            tracing_enabled=config.tracing,
        )
        self.machine.add_to_role_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                resources=[function.function_arn for function in steps.values()],
            )
        )

    def grant_start(self, function: lambda_.Function) -> None:
        """Start executions.

        A policy of its own, since the function may be one that the machine invokes:
        in the role's default policy it would make a circle.
        """
        policy = iam.Policy(
            self,
            f"Start{function.node.id}",
            statements=[
                iam.PolicyStatement(
                    actions=["states:StartExecution"],
                    resources=[self.machine.state_machine_arn],
                )
            ],
        )
        policy.attach_to_role(function.role)  # type: ignore[arg-type]

    def grant_watch(self, function: lambda_.Function) -> None:
        """Ask about executions of this machine and read their history."""
        self.machine.grant_execution(
            function, "states:DescribeExecution", "states:GetExecutionHistory"
        )

    def grant_stop(self, function: lambda_.Function) -> None:
        """Stop executions of this machine."""
        self.machine.grant_execution(function, "states:StopExecution")

    def grant_inspect(self, function: lambda_.Function) -> None:
        """Read the definition, as it is and as an execution runs by it."""
        self.machine.grant_execution(
            function, "states:DescribeStateMachineForExecution"
        )
        self.machine.grant(function, "states:DescribeStateMachine")
