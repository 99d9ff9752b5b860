"""What wakes ``reconcile_runs``: the minute's sweep, and every ended execution."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.config import StageConfig

ENDED = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


class Reconciler(Construct):
    """Events are best effort, so the sweep alone must be enough.

    What EventBridge could not deliver, and what the function failed on after Lambda's
    own two retries, lies in a queue for people to look at; by then a sweep has closed
    the run.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        machine: sfn.IStateMachine,
        reconcile_runs: lambda_.Function,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id_)
        if reconcile_runs.dead_letter_queue is None:
            reconcile_runs.configure_async_invoke(
                on_failure=destinations.SqsDestination(dead_letters)
            )
        period = Duration.minutes(config.sweep_minutes)
        events.Rule(
            self,
            "Sweep",
            description="Closes, starts and cleans up what was left behind",
            schedule=events.Schedule.rate(period),
            targets=[
                # The next sweep is a better retry than a late one.
                targets.LambdaFunction(
                    reconcile_runs,
                    retry_attempts=0,
                    max_event_age=period,
                    dead_letter_queue=dead_letters,
                )
            ],
        )
        events.Rule(
            self,
            "ExecutionEnded",
            description="Closes a run as soon as its execution has ended",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [machine.state_machine_arn],
                    "status": ENDED,
                },
            ),
            targets=[
                targets.LambdaFunction(reconcile_runs, dead_letter_queue=dead_letters)
            ],
        )
