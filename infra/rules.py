"""The rules that invoke functions: on a schedule, or when an execution has ended."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.published import Published
from infra.triggers import ExecutionEnded, Schedule

ENDED = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


class Rules(Construct):
    """What EventBridge cannot deliver is a dead letter."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        schedules: Sequence[tuple[Schedule, Published]],
        execution_ended: Sequence[tuple[ExecutionEnded, Published]],
        machine: sfn.IStateMachine,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id_)
        for schedule, function in schedules:
            period = Duration.minutes(schedule.minutes)
            # The next run is a better retry than a late one.
            target = targets.LambdaFunction(
                function.called,
                retry_attempts=0,
                max_event_age=period,
                dead_letter_queue=dead_letters,
            )
            events.Rule(
                self,
                schedule.id,
                description=schedule.description,
                schedule=events.Schedule.rate(period),
                targets=[target],
            )
        for ended, function in execution_ended:
            events.Rule(
                self,
                ended.id,
                description=ended.description,
                event_pattern=events.EventPattern(
                    source=["aws.states"],
                    detail_type=["Step Functions Execution Status Change"],
                    detail={
                        "stateMachineArn": [machine.state_machine_arn],
                        "status": ENDED,
                    },
                ),
                targets=[
                    targets.LambdaFunction(
                        function.called, dead_letter_queue=dead_letters
                    )
                ],
            )
