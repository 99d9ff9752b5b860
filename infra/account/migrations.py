"""Runs ``migrate_database`` during a deployment, before any new code serves."""

import hashlib

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IDependable

from infra.assets import ROOT

SCRIPTS = ROOT / "layers/invoice_export/python/invoice_export/sql/migrations"


class Migrations(Construct):
    """The function answers CloudFormation itself: CDK's framework adds none of its own.

    A failed migration fails the deployment before any other function has changed.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        migrate_database: lambda_.Function,
        after: IDependable,
        before: list[lambda_.Function],
    ) -> None:
        """``after`` is the network, whose endpoint carries the answer."""
        super().__init__(scope, id_)
        applied = CustomResource(
            self,
            "Applied",
            resource_type="Custom::DatabaseMigration",
            service_token=migrate_database.function_arn,
            service_timeout=Duration.seconds(
                migrate_database.timeout.to_seconds() + 60  # type: ignore[union-attr]
            ),
            # CloudFormation calls again whenever the digest changes.
            properties={"Digest": digest_of_migrations()},
        )
        applied.node.add_dependency(migrate_database, after)
        for function in before:
            function.node.add_dependency(applied)


def digest_of_migrations() -> str:
    """Return a hash that changes with every migration."""
    digest = hashlib.sha256()
    for path in sorted(SCRIPTS.glob("*.sql")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
