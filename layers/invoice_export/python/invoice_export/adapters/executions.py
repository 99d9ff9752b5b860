"""Step Functions: start under a name that is ours, look, stop."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from invoice_export.errors import WorkflowUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


# arn:partition:states:region:account:stateMachine:name, then version or alias.
UNQUALIFIED_PARTS = 7


@dataclass(frozen=True)
class ExecutionState:
    """An execution's status (RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED)."""

    status: str
    error: str | None


class Executions:
    """The executions of one state machine."""

    def __init__(
        self, client: "SFNClient", state_machine_arn: str, alias: str = ""
    ) -> None:
        """With an ``alias`` executions are started through it, on its version.

        An execution that was started so may know its machine by a qualified ARN.
        """
        self._sfn = client
        self._machine = ":".join(state_machine_arn.split(":")[:UNQUALIFIED_PARTS])
        self._started = f"{self._machine}:{alias}" if alias else self._machine

    def arn(self, name: str) -> str:
        """Return the ARN that the execution of this name has, or would have."""
        return f"{self._machine.replace(':stateMachine:', ':execution:')}:{name}"

    def start(self, name: str, input_json: str) -> str:
        """Start the execution, or find that it was started before; return its ARN.

        Only this project makes names of run and generation, and each once: one that
        exists is ours.
        """
        try:
            answer = self._sfn.start_execution(
                stateMachineArn=self._started, name=name, input=input_json
            )
        except ClientError as exc:
            if exc.response["Error"]["Code"] == "ExecutionAlreadyExists":
                return self.arn(name)
            raise _unavailable(exc) from exc
        except BotoCoreError as exc:
            raise _unavailable(exc) from exc
        return answer["executionArn"]

    def describe(self, name: str) -> ExecutionState | None:
        """Return how the execution stands; None when it is not (or no longer) known."""
        try:
            answer = self._sfn.describe_execution(executionArn=self.arn(name))
        except ClientError as exc:
            if exc.response["Error"]["Code"] == "ExecutionDoesNotExist":
                return None
            raise _unavailable(exc) from exc
        except BotoCoreError as exc:
            raise _unavailable(exc) from exc
        return ExecutionState(answer["status"], answer.get("error"))

    def stop(self, name: str, *, error: str, cause: str) -> None:
        """Stop the execution; one that has ended, or never was, needs no stopping."""
        try:
            self._sfn.stop_execution(
                executionArn=self.arn(name), error=error, cause=cause
            )
        except ClientError as exc:
            if exc.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise _unavailable(exc) from exc
        except BotoCoreError as exc:
            raise _unavailable(exc) from exc


def _unavailable(exc: ClientError | BotoCoreError) -> WorkflowUnavailableError:
    if isinstance(exc, ClientError):
        return WorkflowUnavailableError(
            f"Step Functions answered {exc.response['Error']['Code']}"
        )
    return WorkflowUnavailableError(type(exc).__name__)
