"""Queues, and the one place that keeps the messages they could not deliver."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.config import StageConfig
from infra.encryption import Encryption

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

    def feeding(
        self,
        id_: str,
        function: lambda_.Function,
        *,
        attempts: int,
    ) -> sqs.Queue:
        """Create a queue that offers ``function`` each message ``attempts`` times."""
        timeout = function.timeout or Duration.minutes(1)
        reserved = function.node.default_child
        assert isinstance(reserved, lambda_.CfnFunction)  # noqa: S101
        queue = self._queue(
            id_,
            # AWS advises six times as long as one attempt may take.
            visibility_timeout=Duration.seconds(6 * timeout.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=attempts
            ),
        )
        lambda_.EventSourceMapping(
            self._mappings,
            id_,
            target=function,
            event_source_arn=queue.queue_arn,
            batch_size=10,
            report_batch_item_failures=True,
            # Lambda refuses a poller beyond this, and each refusal is an attempt.
            max_concurrency=reserved.reserved_concurrent_executions,
        )
        queue.grant_consume_messages(function)
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
