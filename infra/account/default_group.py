"""Closes the VPC's default security group, by a function of CDK's held to our rules."""

from aws_cdk import CfnResource, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.account.foundation import Foundation
from infra.account.network import leave_outside
from infra.config import StageConfig

PROVIDER = "Custom::VpcRestrictDefaultSGCustomResourceProvider"


class DefaultGroup(Construct):
    """CloudFormation can add rules to that group, but take none away.

    So CDK brings a function, which runs once, when the VPC is made. Here it gets what
    ours have: a log that ends, a place for what failed, a limit, no managed policy.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        foundation: Foundation,
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
            encryption_key=foundation.key,
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
        # Lambda refuses a queue for what failed that the role may not send to.
        function.add_resource_dependency(reports)
        foundation.encryption.allow_queues(
            iam.Role.from_role_arn(
                self,
                "Role",
                Fn.get_att(role.logical_id, "Arn").to_string(),
                mutable=False,
            )
        )
        leave_outside(function)
