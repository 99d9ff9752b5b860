"""Actions that IAM cannot narrow to a resource, all in one policy."""

from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from infra.acknowledge import acknowledge

# Lambda itself calls these, with the function's role, to place it in subnets.
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
# The actions of AWS's own policy for this role: RDS checks for them.
DATABASE_MONITORING = (
    "logs:CreateLogGroup",
    "logs:PutRetentionPolicy",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "logs:DescribeLogStreams",
    "logs:GetLogEvents",
)
# CodeDeploy looks at the alarms that stop a release.
RELEASE_ALARMS = ("cloudwatch:DescribeAlarms",)
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


class Unscoped:
    """Collects every ``"*"`` of the stack, and binds each one to its roles.

    Reviewers read one document instead of a wildcard in every role.
    """

    def __init__(self) -> None:
        self._allowed: list[tuple[iam.IRole, tuple[str, ...], IConstruct]] = []

    def allow(self, role: iam.IRole, *actions: str, user: IConstruct) -> None:
        """Allow the actions before CloudFormation creates ``user``."""
        self._allowed.append((role, actions, user))

    def write_policy(self, scope: Construct) -> None:
        """Create the policy, once everything that needs it exists."""
        by_actions: dict[tuple[str, ...], list[iam.IRole]] = {}
        for role, actions, _ in self._allowed:
            by_actions.setdefault(actions, []).append(role)
        policy = iam.ManagedPolicy(
            scope,
            "Unscoped",
            description="Actions that IAM cannot narrow to a resource",
            roles=[role for role, _, _ in self._allowed],
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
        for _, _, user in self._allowed:
            user.node.add_dependency(policy)
        acknowledge(
            policy,
            "AwsSolutions-IAM5[Resource::*]",
            reason="X-Ray, log delivery, alarms, a Lambda's network interfaces and "
            "RDS's monitoring streams have no resource that is known in advance; "
            "each statement is bound to the roles that need it.",
        )
