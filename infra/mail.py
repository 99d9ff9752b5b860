"""How mail leaves: one sender, and a configuration set where SES has them."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.config import StageConfig


class Mail(Construct):
    """The sender's identity is verified once per account, outside this stack."""

    def __init__(self, scope: Construct, id_: str, *, config: StageConfig) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._set = (
            ses.ConfigurationSet(
                self,
                "ConfigurationSet",
                tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            )
            if config.ses_configuration_set
            else None
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
