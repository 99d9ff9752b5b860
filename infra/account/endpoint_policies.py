"""What may pass the endpoints of our own network: this account's calls on its own."""

from aws_cdk import Aws, Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

OWN_CALLS_ON_OWN_RESOURCES = {
    "StringEquals": {
        "aws:PrincipalAccount": Aws.ACCOUNT_ID,
        "aws:ResourceAccount": Aws.ACCOUNT_ID,
    }
}


def keep_to_account(endpoint: ec2.VpcEndpoint, service: str) -> None:
    """Refuse other accounts' credentials and resources: no data leaves that way."""
    endpoint.add_to_policy(
        iam.PolicyStatement(
            principals=[iam.StarPrincipal()],
            actions=[f"{service}:*"],
            resources=["*"],
            conditions=OWN_CALLS_ON_OWN_RESOURCES,
        )
    )


def let_answers_pass(endpoint: ec2.GatewayVpcEndpoint) -> None:
    """Let the migrations answer CloudFormation, by a URL signed for its own bucket.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-vpce-bucketnames.html
    """
    region = Fn.join("", Fn.split("-", Aws.REGION))
    bucket = f"cloudformation-custom-resource-response-{region}"
    endpoint.add_to_policy(
        iam.PolicyStatement(
            principals=[iam.StarPrincipal()],
            actions=["s3:PutObject"],
            resources=[f"arn:{Aws.PARTITION}:s3:::{bucket}/*"],
        )
    )
