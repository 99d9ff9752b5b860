"""Mail of an account: SES fills the queue of events and keeps a suppression list."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.account.key import OwnKey
from infra.config import AccountConfig, StageConfig
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
        account: AccountConfig,
        encryption: OwnKey,
        queues: Queues,
    ) -> None:
        super().__init__(scope, id_, config=config, queues=queues)
        self._account = account
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
        self.configuration_set = reporting.configuration_set_name
        # An account has each identity once: stages that share one name it.
        if account.mail_domain:
            self._verify_domain(account.mail_domain)
        elif not account.mail_identity:
            ses.EmailIdentity(
                self, "Sender", identity=ses.Identity.email(config.sender_address)
            )

    def _verify_domain(self, domain: str) -> None:
        """Make the identity, whose DNS records are outputs: SES waits for them."""
        identity = ses.EmailIdentity(
            self, "Domain", identity=ses.Identity.domain(domain)
        )
        for number, record in enumerate(identity.dkim_records, start=1):
            CfnOutput(
                Stack.of(self),
                f"MailDomainRecord{number}",
                value=f"{record.name} CNAME {record.value}",
            )

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

    def _identities(self) -> list[str]:
        named = self._account.mail_domain or self._account.mail_identity
        mine = [self._config.sender_address, named] if named else super()._identities()
        return list(dict.fromkeys([*mine, *self._account.sandbox_recipients]))

    def _sending_arns(self) -> list[str]:
        reporting = self._arn("configuration-set", self.configuration_set)
        return [*super()._sending_arns(), reporting]
