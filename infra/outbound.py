"""How others learn that an export has ended: an event bus and signed webhooks."""

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.encryption import Encryption
from infra.queues import Queues


class Outbound(Construct):
    """A queue from the outbox in the database to ``deliver_events``, and the bus.

    The sweep fills the queue from committed rows of the outbox. What cannot be
    delivered is a dead letter.
    """

    def __init__(
        self, scope: Construct, id_: str, *, queues: Queues, encryption: Encryption
    ) -> None:
        super().__init__(scope, id_)
        self.queue = queues.feeding["Events"]
        self.bus = events.EventBus(self, "Bus", kms_key=encryption.key)

    def grant_send(self, function: lambda_.Function) -> None:
        """Put events into the queue."""
        iam.Grant.add_to_principal(
            grantee=function,
            actions=["sqs:SendMessage"],
            resource_arns=[self.queue.queue_arn],
        )

    def grant_publish(self, function: lambda_.Function) -> None:
        """Put events onto the bus."""
        iam.Grant.add_to_principal(
            grantee=function,
            actions=["events:PutEvents"],
            resource_arns=[self.bus.event_bus_arn],
        )
