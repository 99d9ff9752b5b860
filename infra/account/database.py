"""The database of an account: its own, or one that the stack creates."""

from aws_cdk import Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from constructs import Construct

from infra.account.backup import Backup
from infra.account.key import OwnKey
from infra.account.network import Network
from infra.account.rds_instance import NAME, make_instance
from infra.account.rds_proxy import PORT, allow_sign_in, make_proxy
from infra.account.unscoped import Unscoped
from infra.config import AccountConfig, DatabaseAccess, DatabaseSize, GivenDatabase
from infra.database import DatabaseRole
from infra.roles import role_of


class AccountDatabase(Construct):
    """No password exists: functions, proxy and administrator sign in by IAM."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        account: AccountConfig,
        network: Network,
        encryption: OwnKey,
        unscoped: Unscoped,
    ) -> None:
        super().__init__(scope, id_)
        self.instance: rds.CfnDBInstance | None = None
        if account.database:
            self._use(account.database, network)
            return
        size = account.database_size
        group = ec2.SecurityGroup(
            self,
            "Group",
            vpc=network.vpc,
            description="The database of the invoice export and its proxy",
            allow_all_outbound=False,
        )
        self.instance = make_instance(
            self,
            size=size,
            network=network,
            key=encryption.key,
            group=group,
            unscoped=unscoped,
        )
        proxy = make_proxy(self, instance=self.instance, network=network, group=group)
        Backup(
            self,
            "Backup",
            instance=self.instance,
            days=size.backup_days,
            role_arn=account.backup_role_arn,
            key=encryption.key,
        )
        group.connections.allow_internally(ec2.Port.tcp(size.port), "Proxy")
        _open(group, network, PORT, size.port)
        self.access = _access(size, self.instance, proxy)
        # arn:…:db-proxy:prx-…
        proxy_id = Fn.select(6, Fn.split(":", proxy.attr_db_proxy_arn))
        instance_id = self.instance.attr_dbi_resource_id
        self._users = {
            DatabaseRole.APP: {DatabaseRole.APP: proxy_id},
            # Who migrates a database of our own prepares it as well.
            DatabaseRole.OWNER: {
                DatabaseRole.OWNER: instance_id,
                DatabaseRole.ADMINISTRATOR: instance_id,
            },
        }

    def _use(self, given: GivenDatabase, network: Network) -> None:
        self.access = DatabaseAccess(
            url=given.app_url, owner_url=given.owner_url, iam_auth=True
        )
        self._users = {
            DatabaseRole.APP: {DatabaseRole.APP: given.app_resource_id},
            DatabaseRole.OWNER: {DatabaseRole.OWNER: given.owner_resource_id},
        }
        group = ec2.SecurityGroup.from_security_group_id(
            self, "Group", given.security_group_id
        )
        _open(group, network, *given.ports)

    def grant_connect(self, function: lambda_.IFunction, role: DatabaseRole) -> None:
        """Let a function connect: the application by the proxy, the owner past it."""
        for user, resource_id in self._users[role].items():
            allow_sign_in(role_of(function), resource_id, user)


def _open(group: ec2.ISecurityGroup, network: Network, *ports: int) -> None:
    for port in ports:
        network.functions.connections.allow_to(group, ec2.Port.tcp(port), "PostgreSQL")


def _access(
    size: DatabaseSize, instance: rds.CfnDBInstance, proxy: rds.CfnDBProxy
) -> DatabaseAccess:
    place = f"{instance.attr_endpoint_address}:{size.port}/{NAME}"
    return DatabaseAccess(
        url=f"postgresql://{DatabaseRole.APP}@{proxy.attr_endpoint}:{PORT}/{NAME}",
        owner_url=f"postgresql://{DatabaseRole.OWNER}@{place}",
        administrator_url=f"postgresql://{DatabaseRole.ADMINISTRATOR}@{place}",
        iam_auth=True,
    )
