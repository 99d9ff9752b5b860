"""The proxy in front of PostgreSQL, and permission to sign in by IAM."""

from aws_cdk import ArnFormat, Aws, Names, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from constructs import Construct

from infra.account.network import Network
from infra.database import DatabaseRole

PORT = 5432


def make_proxy(
    scope: Construct,
    *,
    instance: rds.CfnDBInstance,
    network: Network,
    group: ec2.ISecurityGroup,
) -> rds.CfnDBProxy:
    """Create a proxy that signs in as whoever signed in to it."""
    role = iam.Role(
        scope,
        "ProxyRole",
        assumed_by=iam.ServicePrincipal(
            "rds.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        ),
    )
    allow_sign_in(role, instance.attr_dbi_resource_id, DatabaseRole.APP)
    proxy = rds.CfnDBProxy(
        scope,
        "Proxy",
        # CloudFormation requires a name; this one derives from the stack's.
        db_proxy_name=Names.unique_resource_name(scope, max_length=60),
        engine_family="POSTGRESQL",
        default_auth_scheme="IAM_AUTH",
        role_arn=role.role_arn,
        require_tls=True,
        vpc_subnet_ids=network.subnet_ids,
        vpc_security_group_ids=[group.security_group_id],
    )
    rds.CfnDBProxyTargetGroup(
        scope,
        "ProxyTargets",
        db_proxy_name=proxy.ref,
        target_group_name="default",
        db_instance_identifiers=[instance.ref],
        connection_pool_configuration_info=rds.CfnDBProxyTargetGroup.ConnectionPoolConfigurationInfoFormatProperty(
            max_connections_percent=90, connection_borrow_timeout=30
        ),
    )
    return proxy


def allow_sign_in(role: iam.IRole, resource_id: str, user: DatabaseRole) -> None:
    """Let ``role`` sign in as ``user`` to a database or a proxy."""
    arn = Stack.of(role).format_arn(
        service="rds-db",
        resource="dbuser",
        resource_name=f"{resource_id}/{user}",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    iam.Grant.add_to_principal(
        grantee=role, actions=["rds-db:connect"], resource_arns=[arn]
    )
