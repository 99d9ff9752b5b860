"""Closes the VPC's default security group with CDK's function, under our rules."""

from aws_cdk import CfnResource, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.account.key import OwnKey
from infra.account.network import accept_outside_network
from infra.config import StageConfig

PROVIDER = "Custom::VpcRestrictDefaultSGCustomResourceProvider"


class DefaultGroup(Construct):
    """CloudFormation can add rules to that group but cannot remove any.

    So CDK brings a function that runs once, when the VPC is created. Here it gets what
    our functions have: a log that expires, a queue for failures, a limit on how many
    run at once, and no managed policy.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        encryption: OwnKey,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id_)
        provider = Stack.of(self).node.find_child(PROVIDER)
        function, role = (
            provider.node.find_child(name) for name in ("Handler", "Role")
        )
        assert isinstance(function, CfnResource)  # noqa: S101
        assert isinstance(role, CfnResource)  # noqa: S101
        log_group = logs.LogGroup(
            self,
            "Logs",
            encryption_key=encryption.key,
            retention=config.log_retention,
            removal_policy=config.removal_policy,
        )
        for name, value in {
            "Description": "cdk/default_group of the invoice export",
            "Architectures": ["arm64"],
            "LoggingConfig": {"LogGroup": log_group.log_group_name},
            "DeadLetterConfig": {"TargetArn": dead_letters.queue_arn},
            "ReservedConcurrentExecutions": 1,
        }.items():
            function.add_property_override(name, value)
        role.add_property_deletion_override("ManagedPolicyArns")
        reports = iam.CfnManagedPolicy(
            self,
            "Reports",
            roles=[role.ref],
            policy_document=iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(
                        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                        resources=[log_group.log_group_arn],
                    ),
                    iam.PolicyStatement(
                        actions=["sqs:SendMessage"],
                        resources=[dead_letters.queue_arn],
                    ),
                ]
            ),
        )
        # Lambda refuses a queue for failures that the role may not send to.
        function.add_resource_dependency(reports)
        encryption.allow_queues(
            iam.Role.from_role_arn(
                self,
                "Role",
                Fn.get_att(role.logical_id, "Arn").to_string(),
                mutable=False,
            )
        )
        accept_outside_network(function)
