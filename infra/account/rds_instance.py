"""The PostgreSQL instance that the stack creates where the account gives none."""

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from constructs import Construct

from infra.account.network import Network
from infra.account.unscoped import DATABASE_MONITORING, Unscoped
from infra.acknowledge import acknowledge
from infra.config import DatabaseSize
from infra.database import DatabaseRole

NAME = "invoice_export"


def make_instance(
    scope: Construct,
    *,
    size: DatabaseSize,
    network: Network,
    key: kms.IKey,
    group: ec2.ISecurityGroup,
    unscoped: Unscoped,
) -> rds.CfnDBInstance:
    """Create it encrypted, reachable from the network only."""
    monitoring = iam.Role(
        scope,
        "MonitoringRole",
        assumed_by=iam.ServicePrincipal(
            "monitoring.rds.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        ),
    )
    subnets = rds.CfnDBSubnetGroup(
        scope,
        "Subnets",
        db_subnet_group_description="Private subnets",
        subnet_ids=network.subnet_ids,
    )
    instance = rds.CfnDBInstance(
        scope,
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
        multi_az=size.multi_az,
        publicly_accessible=False,
        db_subnet_group_name=subnets.ref,
        vpc_security_groups=[group.security_group_id],
        db_parameter_group_name=_make_parameters(scope, size).ref,
        ca_certificate_identifier="rds-ca-rsa2048-g1",
        # No password exists: the master user signs in by IAM too.
        master_username=DatabaseRole.ADMINISTRATOR,
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
    if not size.multi_az:
        acknowledge(
            instance,
            "AwsSolutions-RDS3",
            "NIST.800.53.R5-RDSMultiAZSupport",
            "CKV_AWS_157",
            reason="The profile small, or databaseMultiAz=false, trades the standby "
            "for half the price. Backups by point in time stay.",
        )
    unscoped.allow(monitoring, *DATABASE_MONITORING, user=instance)
    # Deleting the stack on purpose leaves a snapshot.
    instance.apply_removal_policy(RemovalPolicy.SNAPSHOT)
    return instance


def _make_parameters(scope: Construct, size: DatabaseSize) -> rds.CfnDBParameterGroup:
    major = size.engine_version.partition(".")[0]
    return rds.CfnDBParameterGroup(
        scope,
        "Parameters",
        description="TLS only; slow statements and DDL are logged",
        family=f"postgres{major}",
        parameters={
            "rds.force_ssl": "1",
            "max_connections": str(size.max_connections),
            "log_statement": "ddl",
            "log_min_duration_statement": "5000",
        },
    )
