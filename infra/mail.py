"""How mail leaves, and how SES's word on what became of it comes back."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.account.foundation import Foundation
from infra.config import StageConfig
from infra.queues import Queues

# Ends of a mail; opens and clicks are nobody's business here.
EVENTS = [
    ses.EmailSendingEvent.SEND,
    ses.EmailSendingEvent.REJECT,
    ses.EmailSendingEvent.RENDERING_FAILURE,
    ses.EmailSendingEvent.DELIVERY,
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
]


class Mail(Construct):
    """One sender, and the queue of what SES tells of its mails.

    In an account SES fills the queue and keeps a suppression list. On the local
    engines, which have neither, the queue is there all the same (``python -m local
    mail-event`` puts some in), and the sender is verified by API.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        record_email_events: lambda_.Function,
        queues: Queues,
        foundation: Foundation | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._set: ses.ConfigurationSet | None = None
        self.events = queues.feeding(
            "MailEvents", record_email_events, attempts=config.mail_event_attempts
        )
        if foundation:
            self._set = self._announce(foundation, queues)

    def _announce(self, foundation: Foundation, queues: Queues) -> ses.ConfigurationSet:
        topic = sns.Topic(
            self, "EventsTopic", master_key=foundation.key, enforce_ssl=True
        )
        topic.add_subscription(
            subscriptions.SqsSubscription(
                self.events,
                raw_message_delivery=True,
                dead_letter_queue=queues.dead_letters,
            )
        )
        made = ses.ConfigurationSet(
            self,
            "ConfigurationSet",
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            reputation_metrics=True,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
        )
        made.add_event_destination(
            "ToQueue", destination=ses.EventDestination.sns_topic(topic), events=EVENTS
        )
        ses.EmailIdentity(
            self,
            "Sender",
            identity=ses.Identity.email(self._config.sender_address),
            configuration_set=made,
        )
        return made

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
