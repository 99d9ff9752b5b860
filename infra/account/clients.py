"""Who reaches the database besides the functions: a shell, and what is configured."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds
from constructs import Construct

from infra.account.network import Network
from infra.database import DatabaseRole

# The token is signed in the shell, which needs no way to any service. It has none of
# RDS's roots to check the server by.
SHELL = (
    "PGPASSWORD=$(aws rds generate-db-auth-token --hostname {host} --port {port} "
    "--username {user}) "
    'psql "host={host} port={port} user={user} dbname={name} sslmode=require"'
)


class Clients(Construct):
    """A security group for a CloudShell in the network, and those of the account.

    Whoever is in one of them reaches the port; to sign in they need IAM's permission.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        network: Network,
        instance: rds.CfnDBInstance,
        database: ec2.SecurityGroup,
        name: str,
        port: int,
        group_ids: tuple[str, ...],
    ) -> None:
        super().__init__(scope, id_)
        shell = ec2.SecurityGroup(
            self,
            "Shell",
            vpc=network.vpc,
            description="Shells that may connect to the database",
            allow_all_outbound=False,
        )
        tcp = ec2.Port.tcp(port)
        shell.connections.allow_to(database, tcp, "PostgreSQL")
        for group_id in group_ids:
            # Its other rules are the account's business.
            client = ec2.SecurityGroup.from_security_group_id(
                self, group_id, group_id, mutable=False
            )
            database.connections.allow_from(client, tcp, "A client of the account")
        command = SHELL.format(
            host=instance.attr_endpoint_address,
            port=port,
            user=DatabaseRole.OWNER,
            name=name,
        )
        for output, value in {
            "DatabaseShellCommand": command,
            "DatabaseShellGroupId": shell.security_group_id,
            "DatabaseShellVpcId": network.vpc.vpc_id,
            "DatabaseShellSubnetId": network.subnet_ids[0],
            "DatabaseResourceId": instance.attr_dbi_resource_id,
        }.items():
            CfnOutput(Stack.of(self), output, value=value)
