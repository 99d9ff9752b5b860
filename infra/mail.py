"""How mail leaves, and how SES's word on what became of it comes back."""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import StageConfig

# Ends of a mail; opens and clicks are nobody's business here.
EVENTS = [
    ses.EmailSendingEvent.SEND,
    ses.EmailSendingEvent.REJECT,
    ses.EmailSendingEvent.RENDERING_FAILURE,
    ses.EmailSendingEvent.DELIVERY,
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
]
ATTEMPTS = 5


class Mail(Construct):
    """The sender's identity is verified once per account, outside this stack.

    Where SES publishes no events, as on the local engines, the queue is there all the
    same: ``python -m local mail-event`` puts some in.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        record_email_events: lambda_.Function,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self.dead_events = self._queue("DeadEvents")
        self.events = self._queue(
            "Events",
            visibility_timeout=Duration.seconds(
                # As AWS advises: six times the time that one attempt may take.
                6 * config.functions["record_email_events"].timeout_seconds
            ),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_events, max_receive_count=ATTEMPTS
            ),
        )
        record_email_events.add_event_source(
            event_sources.SqsEventSource(self.events, report_batch_item_failures=True)
        )
        self._set = (
            ses.ConfigurationSet(
                self,
                "ConfigurationSet",
                tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            )
            if config.ses_configuration_set
            else None
        )
        if self._set:
            topic = sns.Topic(self, "EventsTopic", enforce_ssl=True)
            topic.add_subscription(
                subscriptions.SqsSubscription(self.events, raw_message_delivery=True)
            )
            self._set.add_event_destination(
                "ToQueue",
                destination=ses.EventDestination.sns_topic(topic),
                events=EVENTS,
            )

    def _queue(self, id_: str, **props: Any) -> sqs.Queue:
        return sqs.Queue(
            self,
            id_,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=self._config.removal_policy,
            **props,
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
            actions=["ses:SendEmail", "ses:SendRawEmail"],
            resource_arns=resources,
            conditions={"StringEquals": {"ses:FromAddress": address}},
        )

    def _arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(
            service="ses", resource=resource, resource_name=name
        )
