"""How others learn that an export has ended: an event bus, and signed webhooks."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.acknowledge import acknowledge_queue_source
from infra.foundation import Foundation


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
        deliver_events: lambda_.Function,
        foundation: Foundation,
    ) -> None:
        super().__init__(scope, id_)
        timeout = deliver_events.timeout or Duration.minutes(1)
        self.queue = foundation.queue(
            "Queue",
            # AWS's own advice: six times the function's timeout.
            visibility=Duration.seconds(6 * timeout.to_seconds()),
            receives=foundation.account.delivery_attempts,
        )
        self.bus = events.EventBus(self, "Bus", kms_key=foundation.key)
        self.bus.grant_put_events_to(deliver_events)
        deliver_events.add_environment("EVENT_BUS_NAME", self.bus.event_bus_name)
        self.queue.grant_consume_messages(deliver_events)
        mapping = lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=deliver_events,
            event_source_arn=self.queue.queue_arn,
            batch_size=10,
            report_batch_item_failures=True,
            max_concurrency=foundation.account.concurrency["deliver_events"],
        )
        acknowledge_queue_source(mapping)

    def grant_send(self, function: lambda_.Function) -> None:
        """Put what the outbox holds into the queue."""
        function.add_environment("EVENTS_QUEUE_URL", self.queue.queue_url)
        iam.Grant.add_to_principal(
            grantee=function,
            actions=["sqs:SendMessage"],
            resource_arns=[self.queue.queue_arn],
        )
