"""Why an execution failed, from its history."""

from typing import Any

from local.aws import aws_client
from local.config import Laptop


def failure_of(laptop: Laptop, execution_arn: str) -> str:
    """Return the execution's status, and the state that failed with its cause."""
    step_functions = aws_client(laptop, "stepfunctions")
    history: list[dict[str, Any]] = []
    for page in step_functions.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn
    ):
        history += page["events"]
    failed, reason = "before the first state", "no error was recorded"
    current = failed
    for event in history:
        entered = event.get("stateEnteredEventDetails")
        if entered:
            current = entered["name"]
        details = event.get("taskFailedEventDetails")
        if details:
            failed = current
            reason = f"{details.get('error')}: {details.get('cause')}"
    status = step_functions.describe_execution(executionArn=execution_arn)["status"]
    return f"{status} in state {failed!r}: {reason}"
