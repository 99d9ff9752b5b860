"""What every function of an account stands on: key, network, "*"."""

from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from infra.account.encryption import Encryption
from infra.account.network import Network
from infra.acknowledge import acknowledge
from infra.config import AccountConfig, StageConfig


class Foundation(Construct):
    """Made before anything else of the ``aws`` stage."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        account: AccountConfig,
    ) -> None:
        super().__init__(scope, id_)
        self.account = account
        self.encryption = Encryption(self, "Encryption")
        self.key = self.encryption.key
        self.network = Network(
            self, "Network", config=config, account=account, key=self.key
        )
        self._unscoped: list[tuple[iam.IRole, tuple[str, ...], IConstruct]] = []

    def allow_unscoped(self, role: iam.IRole, *actions: str, user: IConstruct) -> None:
        """Allow what IAM has no resource for, before ``user`` is made."""
        self._unscoped.append((role, actions, user))

    def settle(self) -> None:
        """Write every ``"*"`` of the stack into one policy, each for its roles alone.

        One document to review, instead of a wildcard in every role.
        """
        by_actions: dict[tuple[str, ...], list[iam.IRole]] = {}
        for role, actions, _ in self._unscoped:
            by_actions.setdefault(actions, []).append(role)
        policy = iam.ManagedPolicy(
            self,
            "Unscoped",
            description="Actions that IAM cannot narrow to a resource",
            roles=[role for role, _, _ in self._unscoped],
            statements=[
                iam.PolicyStatement(
                    actions=list(actions),
                    resources=["*"],
                    conditions={
                        "ArnEquals": {
                            "aws:PrincipalArn": [role.role_arn for role in roles]
                        }
                    },
                )
                for actions, roles in by_actions.items()
            ],
        )
        for _, _, user in self._unscoped:
            user.node.add_dependency(policy)
        acknowledge(
            policy,
            "AwsSolutions-IAM5[Resource::*]",
            reason="X-Ray, log delivery, a Lambda's network interfaces and the streams "
            "of RDS's monitoring have no resource that is known before; each statement "
            "is bound to the roles that need it.",
        )


# Lambda itself calls these with the function's role, to place it in subnets.
NETWORK_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
TRACES = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
SAMPLED_TRACES = (*TRACES, "xray:GetSamplingRules", "xray:GetSamplingTargets")
# What AWS's own policy for this role allows: RDS tests for it.
DATABASE_MONITORING = (
    "logs:CreateLogGroup",
    "logs:PutRetentionPolicy",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "logs:DescribeLogStreams",
    "logs:GetLogEvents",
)
LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
