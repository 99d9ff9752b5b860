"""What the engine keeps of the runs: executions and files."""

from local.aws import aws_client
from local.config import Laptop


def execution_arn(facts: dict[str, str], name: str) -> str:
    """Return the ARN of the execution ``{runId}-{generation}``."""
    machine = facts["state_machine_arn"]
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def forget_runs(laptop: Laptop, facts: dict[str, str]) -> None:
    """Stop all executions and delete all files; e-mails stay in the mailbox."""
    step_functions = aws_client(laptop, "stepfunctions")
    running = step_functions.list_executions(
        stateMachineArn=facts["state_machine_arn"], statusFilter="RUNNING"
    )
    for execution in running["executions"]:
        step_functions.stop_execution(
            executionArn=execution["executionArn"], cause="reset of the laptop stack"
        )
    s3 = aws_client(laptop, "s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=facts["bucket"]):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket=facts["bucket"], Key=item["Key"])
