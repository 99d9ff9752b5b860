"""Step Functions: start executions under derived names, describe and stop them."""

from typing import TYPE_CHECKING, NamedTuple

from invoice_export.adapters.aws_errors import (
    client_error,
    error_code,
    workflow_errors,
)

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


# arn:partition:states:region:account:stateMachine:name, then version or alias.
UNQUALIFIED_PARTS = 7
DOES_NOT_EXIST = "ExecutionDoesNotExist"


class ExecutionState(NamedTuple):
    """An execution's status (RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED)."""

    status: str
    error: str | None


class Executions:
    """The executions of one state machine."""

    def __init__(
        self, client: "SFNClient", state_machine_arn: str, alias: str = ""
    ) -> None:
        """With an ``alias``, executions start through it, on its version.

        Such an execution may know its machine by a qualified ARN.
        """
        self._sfn = client
        self._machine = ":".join(state_machine_arn.split(":")[:UNQUALIFIED_PARTS])
        self._started = f"{self._machine}:{alias}" if alias else self._machine

    def arn(self, name: str) -> str:
        """Return the ARN that the execution of this name has, or would have."""
        return f"{self._machine.replace(':stateMachine:', ':execution:')}:{name}"

    def start(self, name: str, input_json: str) -> str:
        """Start the execution, or find the one with this name; return its ARN.

        Only this project derives names from run and generation, so an execution that
        exists under such a name is ours.
        """
        with workflow_errors():
            try:
                answer = self._sfn.start_execution(
                    stateMachineArn=self._started, name=name, input=input_json
                )
            except client_error() as exc:
                if error_code(exc) == "ExecutionAlreadyExists":
                    return self.arn(name)
                raise
        return answer["executionArn"]

    def describe(self, name: str) -> ExecutionState | None:
        """Return the execution's state; None if AWS does not, or no longer, know it."""
        with workflow_errors():
            try:
                answer = self._sfn.describe_execution(executionArn=self.arn(name))
            except client_error() as exc:
                if error_code(exc) == DOES_NOT_EXIST:
                    return None
                raise
        return ExecutionState(answer["status"], answer.get("error"))

    def stop(self, name: str, *, error: str, cause: str) -> None:
        """Stop the execution, if it exists and is running."""
        with workflow_errors():
            try:
                self._sfn.stop_execution(
                    executionArn=self.arn(name), error=error, cause=cause
                )
            except client_error() as exc:
                if error_code(exc) != DOES_NOT_EXIST:
                    raise
