"""The database of an account: its own, or one that the stack creates."""

from aws_cdk import Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from constructs import Construct

from infra.account.backup import Backup
from infra.account.clients import Clients
from infra.account.key import OwnKey
from infra.account.network import Network
from infra.account.rds_instance import NAME, make_instance
from infra.account.rds_proxy import PORT, allow_sign_in, make_proxy
from infra.account.unscoped import Unscoped
from infra.config import AccountConfig, DatabaseSize
from infra.database import DatabaseRole
from infra.given import DatabaseAccess, GivenDatabase
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
            description="The database of the invoice export",
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
        instance_id = self.instance.attr_dbi_resource_id
        app_id, app_place = instance_id, _place(size, self.instance)
        _open(group, network, size.port)
        if size.proxy:
            app_id, app_place = self._add_proxy(size, network, group)
        Backup(
            self,
            "Backup",
            instance=self.instance,
            days=size.backup_days,
            role_arn=account.backup_role_arn,
            key=encryption.key,
        )
        Clients(
            self,
            "Clients",
            network=network,
            instance=self.instance,
            database=group,
            name=NAME,
            port=size.port,
            group_ids=account.database_clients,
        )
        self.access = _access(app_place, _place(size, self.instance))
        self._users = {
            DatabaseRole.APP: {DatabaseRole.APP: app_id},
            # Who migrates a database of our own prepares it as well.
            DatabaseRole.OWNER: {
                DatabaseRole.OWNER: instance_id,
                DatabaseRole.ADMINISTRATOR: instance_id,
            },
        }

    def _add_proxy(
        self, size: DatabaseSize, network: Network, group: ec2.SecurityGroup
    ) -> tuple[str, str]:
        """Return the proxy's resource id, and where it listens."""
        assert self.instance is not None  # noqa: S101
        proxy = make_proxy(self, instance=self.instance, network=network, group=group)
        group.connections.allow_internally(ec2.Port.tcp(size.port), "Proxy")
        _open(group, network, PORT)
        # arn:…:db-proxy:prx-…
        resource_id = Fn.select(6, Fn.split(":", proxy.attr_db_proxy_arn))
        return resource_id, f"{proxy.attr_endpoint}:{PORT}"

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
        """Let a function connect: the owner always past the proxy."""
        for user, resource_id in self._users[role].items():
            allow_sign_in(role_of(function), resource_id, user)


def _open(group: ec2.ISecurityGroup, network: Network, *ports: int) -> None:
    for port in ports:
        network.functions.connections.allow_to(group, ec2.Port.tcp(port), "PostgreSQL")


def _place(size: DatabaseSize, instance: rds.CfnDBInstance) -> str:
    return f"{instance.attr_endpoint_address}:{size.port}"


def _access(app_place: str, place: str) -> DatabaseAccess:
    """Return the URLs: the application may take another way than who migrates."""
    return DatabaseAccess(
        url=f"postgresql://{DatabaseRole.APP}@{app_place}/{NAME}",
        owner_url=f"postgresql://{DatabaseRole.OWNER}@{place}/{NAME}",
        administrator_url=f"postgresql://{DatabaseRole.ADMINISTRATOR}@{place}/{NAME}",
        iam_auth=True,
    )
