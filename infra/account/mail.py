"""Mail of an account: SES fills the queue of events and keeps a suppression list."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.account.key import OwnKey
from infra.config import StageConfig
from infra.mail import Mail
from infra.queues import Queues

# What became of a mail. Opens and clicks are nobody's business here.
REPORTED = [
    ses.EmailSendingEvent.SEND,
    ses.EmailSendingEvent.REJECT,
    ses.EmailSendingEvent.RENDERING_FAILURE,
    ses.EmailSendingEvent.DELIVERY,
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
]


class AccountMail(Mail):
    """SES to topic to queue; what cannot be delivered is a dead letter."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        encryption: OwnKey,
        queues: Queues,
    ) -> None:
        super().__init__(scope, id_, config=config, queues=queues)
        topic = sns.Topic(
            self, "EventsTopic", master_key=encryption.key, enforce_ssl=True
        )
        self._fill_queue(topic, dead_letters=queues.dead_letters)
        reporting = ses.ConfigurationSet(
            self,
            "ConfigurationSet",
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            reputation_metrics=True,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
        )
        reporting.add_event_destination(
            "ToQueue",
            destination=ses.EventDestination.sns_topic(topic),
            events=REPORTED,
        )
        ses.EmailIdentity(
            self,
            "Sender",
            identity=ses.Identity.email(config.sender_address),
            configuration_set=reporting,
        )
        self.configuration_set = reporting.configuration_set_name

    def _fill_queue(self, topic: sns.Topic, *, dead_letters: sqs.IQueue) -> None:
        """Subscribe the queue.

        CDK's own subscription would open the key to every account's topics.
        """
        sns.Subscription(
            self,
            "ToQueue",
            topic=topic,
            endpoint=self.events.queue_arn,
            protocol=sns.SubscriptionProtocol.SQS,
            raw_message_delivery=True,
            dead_letter_queue=dead_letters,
        )
        self.events.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("sns.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.events.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": topic.topic_arn}},
            )
        )

    def _sending_arns(self) -> list[str]:
        reporting = self._arn("configuration-set", self.configuration_set)
        return [*super()._sending_arns(), reporting]
