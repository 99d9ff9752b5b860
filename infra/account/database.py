"""PostgreSQL on RDS behind a proxy, made or given, and who may connect as whom."""

from aws_cdk import ArnFormat, Aws, Fn, Names, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from constructs import Construct

from infra.account.backup import Backup
from infra.account.foundation import DATABASE_MONITORING, Foundation
from infra.account.network import Network
from infra.config import DatabaseAccess, DatabaseSize

APP_ROLE = "invoice_export_app"
OWNER_ROLE = "invoice_export_owner"
NAME = "invoice_export"
PROXY_PORT = 5432


class Database(Construct):
    """No password exists: the functions, the proxy and the owner sign in by IAM."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        foundation: Foundation,
    ) -> None:
        super().__init__(scope, id_)
        account, network = foundation.account, foundation.network
        self.instance: rds.CfnDBInstance | None = None
        given = account.database
        if given is not None:
            self.access = DatabaseAccess(
                url=given.app_url, owner_url=given.owner_url, iam_auth=True
            )
            self._app_id, self._owner_id = (
                given.app_resource_id,
                given.owner_resource_id,
            )
            group: ec2.ISecurityGroup = ec2.SecurityGroup.from_security_group_id(
                self, "Group", given.security_group_id
            )
            ports = {PROXY_PORT}
        else:
            size = account.database_size
            group = ec2.SecurityGroup(
                self,
                "Group",
                vpc=network.vpc,
                description="The database of the invoice export and its proxy",
                allow_all_outbound=False,
            )
            self.instance = self._make_instance(size, foundation, group)
            proxy = self._make_proxy(self.instance, network, group)
            Backup(
                self,
                "Backup",
                instance=self.instance,
                days=size.backup_days,
                role_arn=account.backup_role_arn,
                key=foundation.key,
            )
            group.connections.allow_internally(ec2.Port.tcp(size.port), "Proxy")
            self._owner_id = self.instance.attr_dbi_resource_id
            # arn:…:db-proxy:prx-…
            self._app_id = Fn.select(6, Fn.split(":", proxy.attr_db_proxy_arn))
            host = self.instance.attr_endpoint_address
            self.access = DatabaseAccess(
                url=f"postgresql://{APP_ROLE}@{proxy.attr_endpoint}:{PROXY_PORT}/{NAME}",
                owner_url=f"postgresql://{OWNER_ROLE}@{host}:{size.port}/{NAME}",
                iam_auth=True,
            )
            ports = {PROXY_PORT, size.port}
        for port in sorted(ports):
            network.functions.connections.allow_to(
                group, ec2.Port.tcp(port), "PostgreSQL"
            )

    def grant_connect(self, grantee: iam.IGrantable) -> None:
        """Connect as the application's role, which owns nothing."""
        self._grant(grantee, self._app_id, APP_ROLE)

    def grant_connect_as_owner(self, grantee: iam.IGrantable) -> None:
        """Connect as the schema's owner, past the proxy: for migrations only."""
        self._grant(grantee, self._owner_id, OWNER_ROLE)

    def _grant(self, grantee: iam.IGrantable, resource_id: str, role: str) -> None:
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["rds-db:connect"],
            resource_arns=[self._user(resource_id, role)],
        )

    def _user(self, resource_id: str, role: str) -> str:
        return Stack.of(self).format_arn(
            service="rds-db",
            resource="dbuser",
            resource_name=f"{resource_id}/{role}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _make_instance(
        self,
        size: DatabaseSize,
        foundation: Foundation,
        group: ec2.SecurityGroup,
    ) -> rds.CfnDBInstance:
        network, key = foundation.network, foundation.key
        subnets, parameters = self._make_subnets(network), self._make_parameters(size)
        monitoring = self._make_monitoring_role()
        instance = rds.CfnDBInstance(
            self,
            "Instance",
            engine="postgres",
            engine_version=size.engine_version,
            db_instance_class=size.instance_class,
            db_name=NAME,
            port=str(size.port),
            allocated_storage=str(size.storage_gb),
            max_allocated_storage=size.max_storage_gb,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=key.key_arn,
            multi_az=True,
            publicly_accessible=False,
            db_subnet_group_name=subnets.ref,
            vpc_security_groups=[group.security_group_id],
            db_parameter_group_name=parameters.ref,
            ca_certificate_identifier="rds-ca-rsa2048-g1",
            # The master user is the schema's owner and has no password.
            master_username=OWNER_ROLE,
            master_user_authentication_type="iam-db-auth",
            enable_iam_database_authentication=True,
            deletion_protection=True,
            delete_automated_backups=False,
            backup_retention_period=size.backup_days,
            copy_tags_to_snapshot=True,
            auto_minor_version_upgrade=True,
            enable_performance_insights=True,
            performance_insights_kms_key_id=key.key_arn,
            monitoring_interval=size.monitoring_seconds,
            monitoring_role_arn=monitoring.role_arn,
            enable_cloudwatch_logs_exports=["postgresql", "upgrade"],
        )
        foundation.allow_unscoped(monitoring, *DATABASE_MONITORING, user=instance)
        instance.apply_removal_policy(
            # A snapshot is what is left of a database that was deleted on purpose.
            RemovalPolicy.SNAPSHOT
        )
        return instance

    def _make_subnets(self, network: Network) -> rds.CfnDBSubnetGroup:
        return rds.CfnDBSubnetGroup(
            self,
            "Subnets",
            db_subnet_group_description="Private subnets",
            subnet_ids=network.vpc.select_subnets(
                subnet_type=network.subnets.subnet_type
            ).subnet_ids,
        )

    def _make_parameters(self, size: DatabaseSize) -> rds.CfnDBParameterGroup:
        major = size.engine_version.partition(".")[0]
        return rds.CfnDBParameterGroup(
            self,
            "Parameters",
            description="TLS only; slow statements and DDL are logged",
            family=f"postgres{major}",
            parameters={
                "rds.force_ssl": "1",
                "log_statement": "ddl",
                "log_min_duration_statement": "5000",
            },
        )

    def _make_monitoring_role(self) -> iam.Role:
        return iam.Role(
            self,
            "MonitoringRole",
            assumed_by=iam.ServicePrincipal(
                "monitoring.rds.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
        )

    def _make_proxy(
        self, instance: rds.CfnDBInstance, network: Network, group: ec2.SecurityGroup
    ) -> rds.CfnDBProxy:
        role = iam.Role(
            self,
            "ProxyRole",
            assumed_by=iam.ServicePrincipal(
                "rds.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
        )
        self._grant(role, instance.attr_dbi_resource_id, APP_ROLE)
        proxy = rds.CfnDBProxy(
            self,
            "Proxy",
            # CloudFormation wants a name here; this one is derived from the stack's.
            db_proxy_name=Names.unique_resource_name(self, max_length=60),
            engine_family="POSTGRESQL",
            # The proxy signs in by IAM too, as whoever signed in to it.
            default_auth_scheme="IAM_AUTH",
            role_arn=role.role_arn,
            require_tls=True,
            vpc_subnet_ids=network.vpc.select_subnets(
                subnet_type=network.subnets.subnet_type
            ).subnet_ids,
            vpc_security_group_ids=[group.security_group_id],
        )
        rds.CfnDBProxyTargetGroup(
            self,
            "ProxyTargets",
            db_proxy_name=proxy.ref,
            target_group_name="default",
            db_instance_identifiers=[instance.ref],
            connection_pool_configuration_info=rds.CfnDBProxyTargetGroup.ConnectionPoolConfigurationInfoFormatProperty(
                max_connections_percent=90, connection_borrow_timeout=30
            ),
        )
        return proxy
