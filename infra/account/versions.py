"""Publishes a version of each function, so that old and new code run side by side."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_

from infra.lambdas import Lambda
from infra.published import Published
from infra.triggers import Deployment

ALIAS = "live"


def version_options(row: Lambda) -> lambda_.VersionOptions:
    """Keep the old versions of a step: running executions call them.

    Others are deleted once the alias has left them.
    """
    kept = RemovalPolicy.RETAIN if row.states else RemovalPolicy.DESTROY
    return lambda_.VersionOptions(removal_policy=kept)


def publish(row: Lambda, function: lambda_.Function) -> Published:
    """Publish a new version whenever the function changes.

    The state machine calls its versions, everybody else the alias. A deployment calls
    the function itself, before anything is published.
    """
    if any(isinstance(trigger, Deployment) for trigger in row.triggers):
        return Published(function=function, called=function)
    if row.states:
        return Published(function=function, called=function.current_version)
    alias = lambda_.Alias(
        function, "Alias", alias_name=ALIAS, version=function.current_version
    )
    return Published(function=function, called=alias)


def start_from_snapshots(function: lambda_.CfnFunction) -> None:
    """Have each new version start from a snapshot.

    Set on the resource: the construct refuses a runtime that it knows by name only.
    """
    function.snap_start = lambda_.CfnFunction.SnapStartProperty(
        apply_on="PublishedVersions"
    )
