"""Lets a new version of a function serve a tenth of the requests first."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.account.unscoped import RELEASE_ALARMS, Unscoped
from infra.published import Published

# What CodeDeploy does to an alias, with its role.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambdaLimited.html
SHIFT = ("lambda:GetAlias", "lambda:UpdateAlias")
LOOK = ("lambda:GetProvisionedConcurrencyConfig",)


class Canary(Construct):
    """After five minutes without an alarm the new version serves everybody.

    With one, the alias returns to the old version and the deployment rolls back.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        published: Published,
        alarm: cloudwatch.IAlarm,
        unscoped: Unscoped,
    ) -> None:
        super().__init__(scope, id_)
        alias = published.called
        assert isinstance(alias, lambda_.Alias)  # noqa: S101
        role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com")
        )
        function = published.function.function_arn
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[*SHIFT, *LOOK],
                resources=[function, f"{function}:{alias.alias_name}"],
            )
        )
        group = codedeploy.LambdaDeploymentGroup(
            self,
            "Group",
            alias=alias,
            deployment_config=(
                codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES
            ),
            alarms=[alarm],
            auto_rollback=codedeploy.AutoRollbackConfig(
                failed_deployment=True,
                stopped_deployment=True,
                deployment_in_alarm=True,
            ),
            # CDK would add AWS's own policy, which covers every function.
            role=role.without_policy_updates(),
        )
        resource = group.node.default_child
        assert resource is not None  # noqa: S101
        unscoped.allow(role, *RELEASE_ALARMS, user=resource)
