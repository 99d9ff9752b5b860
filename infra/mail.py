"""How mail leaves, and how SES reports what became of it."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config import StageConfig
from infra.queues import Queues


class Mail(Construct):
    """One sender, and the queue of SES's events about its mails.

    The local engines send no such events. The queue exists all the same, and ``python
    -m local mail-event`` puts events into it. There the sender is verified by API.
    """

    # SES reports on mails sent with this set; empty: it does not report.
    configuration_set = ""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        queues: Queues,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self.events = queues.feeding["MailEvents"]

    def grant_send(self, function: lambda_.Function) -> None:
        """Send as the sender."""
        iam.Grant.add_to_principal(
            grantee=function,
            # The code calls SendEmail; it never sends a raw message.
            actions=["ses:SendEmail"],
            resource_arns=self._sending_arns(),
            conditions={
                "StringEquals": {"ses:FromAddress": self._config.sender_address}
            },
        )

    def _sending_arns(self) -> list[str]:
        return [self._arn("identity", name) for name in self._identities()]

    def _identities(self) -> list[str]:
        """Return the identities of SES that may be the sender's."""
        address = self._config.sender_address
        return [address, address.rpartition("@")[2]]

    def _arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(
            service="ses", resource=resource, resource_name=name
        )
