"""A function, and what invokes it by which name."""

from dataclasses import dataclass

from aws_cdk import aws_lambda as lambda_


@dataclass(frozen=True, kw_only=True)
class Published:
    """``called`` is the function itself, its alias, or one version of it."""

    function: lambda_.Function
    called: lambda_.IFunction
