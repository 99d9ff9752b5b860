"""Queues and the one place where what they could not hand on is kept."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.config import StageConfig

# SQS keeps nothing longer.
KEPT = Duration.days(14)


class Queues(Construct):
    """Dead letters of every kind end in one queue, which one alarm watches."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._key = key
        self.dead_letters = self._queue("DeadLetters")
        self._mappings = Construct(self, "Mappings")
        if key:
            acknowledge(
                self._mappings,
                "Serverless-LambdaEventSourceMappingDestination",
                reason="Lambda takes no failure destination for a queue: the queue's "
                "own redrive policy is it, and leads to the dead letters.",
            )
            acknowledge(
                self.dead_letters,
                "Serverless-SQSRedrivePolicy",
                reason="Here the dead letters end: whatever arrives raises an alarm, "
                "and a person looks at it.",
            )

    def feeding(
        self,
        id_: str,
        function: lambda_.Function,
        *,
        attempts: int,
    ) -> sqs.Queue:
        """A queue whose messages ``function`` gets, ``attempts`` times at most."""
        timeout = function.timeout or Duration.minutes(1)
        reserved = function.node.default_child
        assert isinstance(reserved, lambda_.CfnFunction)  # noqa: S101
        queue = self._queue(
            id_,
            # As AWS advises: six times the time that one attempt may take.
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
            # A poller that asks for more is refused, and each refusal is an attempt.
            max_concurrency=reserved.reserved_concurrent_executions,
        )
        queue.grant_consume_messages(function)
        return queue

    def _queue(
        self,
        id_: str,
        *,
        visibility_timeout: Duration | None = None,
        dead_letter_queue: sqs.DeadLetterQueue | None = None,
    ) -> sqs.Queue:
        encryption = sqs.QueueEncryption
        return sqs.Queue(
            self,
            id_,
            encryption=encryption.KMS if self._key else encryption.SQS_MANAGED,
            encryption_master_key=self._key,
            enforce_ssl=True,
            retention_period=KEPT,
            removal_policy=self._config.removal_policy,
            visibility_timeout=visibility_timeout,
            dead_letter_queue=dead_letter_queue,
        )
