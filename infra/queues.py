"""Queues, and the one place that keeps the messages they could not deliver."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.config import StageConfig
from infra.encryption import Encryption
from infra.published import Published
from infra.triggers import Queue

# What Lambda's poller does, with the function's role.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
POLL = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
# The longest that SQS allows.
RETENTION = Duration.days(14)


class Queues(Construct):
    """Dead letters of every kind end in one queue, which one alarm watches."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._encryption = encryption
        self.dead_letters = self._queue("DeadLetters")
        # By the id of the trigger.
        self.feeding: dict[str, sqs.Queue] = {}
        self._mappings = Construct(self, "Mappings")
        acknowledge(
            self._mappings,
            "Serverless-LambdaEventSourceMappingDestination",
            reason="Lambda takes no failure destination for a queue: the queue's own "
            "redrive policy serves as one, and leads to the dead letters.",
        )
        acknowledge(
            self.dead_letters,
            "Serverless-SQSRedrivePolicy",
            reason="Dead letters end here: each arrival raises an alarm, and a person "
            "looks at it.",
        )

    def feed(self, triggers: Sequence[tuple[Queue, Published]]) -> None:
        """Create a queue for each of these triggers, with a poller for its function."""
        for trigger, function in triggers:
            self.feeding[trigger.id] = self._feed(trigger, function)

    def _feed(self, trigger: Queue, published: Published) -> sqs.Queue:
        function = published.function
        timeout = function.timeout
        resource = function.node.default_child
        assert timeout is not None  # noqa: S101
        assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101
        queue = self._queue(
            trigger.id,
            # AWS advises six times as long as one attempt may take.
            visibility_timeout=Duration.seconds(6 * timeout.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=trigger.attempts
            ),
        )
        lambda_.EventSourceMapping(
            self._mappings,
            trigger.id,
            target=published.called,
            event_source_arn=queue.queue_arn,
            batch_size=10,
            report_batch_item_failures=True,
            # Lambda refuses a poller beyond this, and each refusal is an attempt.
            max_concurrency=resource.reserved_concurrent_executions,
        )
        # CDK's grant would add the key for every use; the key's policy admits the role
        # through SQS alone.
        iam.Grant.add_to_principal(
            grantee=function, actions=list(POLL), resource_arns=[queue.queue_arn]
        )
        return queue

    def _queue(self, id_: str, **options: Any) -> sqs.Queue:
        return sqs.Queue(
            self,
            id_,
            **self._encryption.queue_options(),
            enforce_ssl=True,
            retention_period=RETENTION,
            removal_policy=self._config.removal_policy,
            **options,
        )
