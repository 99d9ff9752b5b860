"""What raises an alarm about the database that the stack makes."""

from collections.abc import Iterator

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_rds as rds

from infra.account.alarm_row import AlarmRow, Comparison
from infra.account.dashboard import FIVE_MINUTES
from infra.config import AccountConfig


def database_alarms(
    account: AccountConfig, database: rds.CfnDBInstance
) -> Iterator[AlarmRow]:
    """Every alarm of the database that the stack makes."""
    size = account.database_size

    def metric(name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/RDS",
            metric_name=name,
            statistic=statistic,
            period=FIVE_MINUTES,
            dimensions_map={"DBInstanceIdentifier": database.ref},
        )

    yield AlarmRow(
        id="DatabaseConnections",
        metric=metric("DatabaseConnections", "Maximum"),
        threshold=size.max_connections * 0.8,
        about="Four fifths of the database's connections are taken.",
    )
    yield AlarmRow(
        id="DatabaseBusy",
        metric=metric("CPUUtilization", "Average"),
        threshold=90,
        periods=3,
        about="The database's processors are at their limit.",
    )
    yield AlarmRow(
        id="DatabaseFull",
        metric=metric("FreeStorageSpace", "Minimum"),
        threshold=size.storage_gb * 1e9 / 10,
        comparison=Comparison.LESS_THAN_THRESHOLD,
        about="Less than a tenth of the initial storage is free.",
    )
    if size.instance_class.startswith("db.t"):
        yield AlarmRow(
            id="DatabaseCredits",
            metric=metric("CPUSurplusCreditBalance", "Maximum"),
            threshold=account.surplus_credits,
            periods=3,
            about="The burstable database has used up the CPU credits that it earned.",
        )
