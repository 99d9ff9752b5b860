"""The role that a function runs as."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_


def role_of(function: lambda_.IFunction) -> iam.IRole:
    """Return a function's role. Each of ours has one."""
    assert function.role is not None  # noqa: S101
    return function.role
