"""How others learn that an export has ended: an event bus, and signed webhooks."""

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config import StageConfig
from infra.encryption import Encryption
from infra.queues import Queues


class Outbound(Construct):
    """A queue from the outbox in the database to ``deliver_events``.

    The sweep fills it: what is committed is in the outbox, what is in the outbox gets
    here, and what cannot be delivered ends among the dead letters.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        deliver_events: lambda_.Function,
        queues: Queues,
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, id_)
        self.queue = queues.feeding(
            "Events", deliver_events, attempts=config.event_attempts
        )
        self.bus = events.EventBus(self, "Bus", kms_key=encryption.key)
        deliver_events.add_environment("EVENT_BUS_NAME", self.bus.event_bus_name)
        iam.Grant.add_to_principal(
            grantee=deliver_events,
            actions=["events:PutEvents"],
            resource_arns=[self.bus.event_bus_arn],
        )

    def grant_send(self, function: lambda_.Function) -> None:
        """Put what the outbox holds into the queue."""
        function.add_environment("EVENTS_QUEUE_URL", self.queue.queue_url)
        iam.Grant.add_to_principal(
            grantee=function,
            actions=["sqs:SendMessage"],
            resource_arns=[self.queue.queue_arn],
        )
