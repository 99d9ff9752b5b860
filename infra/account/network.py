"""Private subnets with no way to the internet, and endpoints for AWS services."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.account.endpoint_policies import keep_to_account, let_answers_pass
from infra.acknowledge import acknowledge
from infra.config import AccountConfig, StageConfig

HTTPS = ec2.Port.tcp(443)

# What functions in the network call besides S3, and the prefix of its actions where
# the endpoint takes a policy. AWS does not document whether SES's does. Each endpoint
# costs by the hour.
CALLED = {
    "StepFunctions": (ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS, "states"),
    "Mail": (ec2.InterfaceVpcEndpointAwsService.EMAIL, None),
    "Queues": (ec2.InterfaceVpcEndpointAwsService.SQS, "sqs"),
}


class Network(Construct):
    """The VPC, ours or the account's, and the functions' security group in it."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        account: AccountConfig,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        given = account.network
        if given is None:
            self.vpc: ec2.IVpc = self._make_vpc(config, account.network_zones, key)
        else:
            self.vpc = ec2.Vpc.from_vpc_attributes(
                self,
                "Vpc",
                vpc_id=given.vpc_id,
                availability_zones=list(given.availability_zones),
                isolated_subnet_ids=list(given.private_subnet_ids),
            )
        self.subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        self.subnet_ids = self.vpc.select_subnets(
            subnet_type=self.subnets.subnet_type
        ).subnet_ids
        self.functions = ec2.SecurityGroup(
            self,
            "Functions",
            vpc=self.vpc,
            description="The functions of the invoice export",
            allow_all_outbound=False,
        )
        # S3's gateway endpoint has public addresses. There is no route to any other.
        self.functions.add_egress_rule(ec2.Peer.any_ipv4(), HTTPS, "AWS services")
        if given is None:
            self._add_endpoints()

    def _make_vpc(
        self, config: StageConfig, zones: tuple[str, ...], key: kms.IKey
    ) -> ec2.Vpc:
        vpc = ec2.Vpc(
            self,
            "Vpc",
            **({"availability_zones": list(zones)} if zones else {"max_azs": 2}),
            nat_gateways=0,
            restrict_default_security_group=True,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Private", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED
                )
            ],
        )
        group = logs.LogGroup(
            self,
            "FlowLogGroup",
            encryption_key=key,
            retention=config.log_retention,
            removal_policy=config.removal_policy,
        )
        role = iam.Role(
            self,
            "FlowLogRole",
            assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"),
        )
        vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, role),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
        return vpc

    def _add_endpoints(self) -> None:
        files = ec2.GatewayVpcEndpoint(
            self,
            "Files",
            vpc=self.vpc,
            service=ec2.GatewayVpcEndpointAwsService.S3,
            subnets=[self.subnets],
        )
        keep_to_account(files, "s3")
        let_answers_pass(files)
        endpoints = ec2.SecurityGroup(
            self,
            "Endpoints",
            vpc=self.vpc,
            description="The endpoints of AWS services",
            allow_all_outbound=False,
        )
        endpoints.add_ingress_rule(self.functions, HTTPS, "The functions")
        for name, (service, prefix) in CALLED.items():
            endpoint = ec2.InterfaceVpcEndpoint(
                self,
                name,
                vpc=self.vpc,
                service=service,
                subnets=self.subnets,
                security_groups=[endpoints],
                open=False,
            )
            if prefix:
                keep_to_account(endpoint, prefix)


def accept_outside_network(function: Construct) -> None:
    """Accept that a function runs outside the network, away from the database."""
    acknowledge(
        function,
        "NIST.800.53.R5-LambdaInsideVPC",
        "CKV_AWS_117",
        reason="It calls what the network has no way to: a token issuer, customers' "
        "servers or, once, EC2. It cannot reach the database, and a NAT for it would "
        "cost more than everything else.",
    )
