"""How mail leaves, and how SES tells what became of it."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import StageConfig
from infra.foundation import Foundation

# What settles a mail whose fate is unknown, and what suppresses an address.
EVENTS = [
    ses.EmailSendingEvent.SEND,
    ses.EmailSendingEvent.DELIVERY,
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
    ses.EmailSendingEvent.REJECT,
]


class Mail(Construct):
    """One sender; in an account with an identity, events and suppressions.

    Local engines have no configuration sets: there the sender is verified by API.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        foundation: Foundation | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._set: ses.ConfigurationSet | None = None
        self.topic: sns.Topic | None = None
        if foundation is None:
            return
        self.topic = sns.Topic(
            self, "Events", master_key=foundation.key, enforce_ssl=True
        )
        self._set = ses.ConfigurationSet(
            self,
            "ConfigurationSet",
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            reputation_metrics=True,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
        )
        self._set.add_event_destination(
            "ToTopic",
            destination=ses.EventDestination.sns_topic(self.topic),
            events=EVENTS,
        )
        ses.EmailIdentity(
            self,
            "Sender",
            identity=ses.Identity.email(config.sender_address),
            configuration_set=self._set,
        )

    def deliver_events_to(self, queue: sqs.IQueue, *, dead_letters: sqs.IQueue) -> None:
        """Send what SES tells of our mails to ``queue``."""
        if self.topic:
            self.topic.add_subscription(
                subscriptions.SqsSubscription(queue, dead_letter_queue=dead_letters)
            )

    def grant_send(self, function: lambda_.Function) -> None:
        """Send as the sender, and tell the function who that is."""
        address = self._config.sender_address
        domain = address.rpartition("@")[2]
        resources = [self._arn("identity", name) for name in (address, domain)]
        if self._set:
            name = self._set.configuration_set_name
            resources.append(self._arn("configuration-set", name))
            function.add_environment("SES_CONFIGURATION_SET", name)
        function.add_environment("SENDER_ADDRESS", address)
        function.add_environment(
            "EMAIL_CLAIM_SECONDS", str(self._config.email_claim_seconds)
        )
        iam.Grant.add_to_principal(
            grantee=function,
            # The code calls SendEmail; a raw message is more than it needs.
            actions=["ses:SendEmail"],
            resource_arns=resources,
            conditions={"StringEquals": {"ses:FromAddress": address}},
        )

    def _arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(
            service="ses", resource=resource, resource_name=name
        )
