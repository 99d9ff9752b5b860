"""The API under the account's own domain."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct


class Domain(Construct):
    """Serves one stage of the API. The account adds the DNS record itself."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        certificate_arn: str,
        stage: apigateway.Stage,
    ) -> None:
        super().__init__(scope, id_)
        domain = apigateway.CfnDomainName(
            self,
            "Name",
            domain_name=name,
            regional_certificate_arn=certificate_arn,
            security_policy="TLS_1_2",
            endpoint_configuration=apigateway.CfnDomainName.EndpointConfigurationProperty(
                types=["REGIONAL"]
            ),
        )
        apigateway.CfnBasePathMapping(
            self,
            "Mapping",
            domain_name=domain.ref,
            rest_api_id=stage.rest_api.rest_api_id,
            stage=stage.stage_name,
        )
        CfnOutput(
            Stack.of(self),
            "DomainTarget",
            value=domain.attr_regional_domain_name,
            description=f"Point {name} here",
        )
