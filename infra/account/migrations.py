"""Runs ``migrate_database`` in the deployment, before anything new serves."""

import hashlib

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IDependable

from infra.assets import ROOT

SCRIPTS = ROOT / "layers/invoice_export/python/invoice_export/sql/migrations"


class Migrations(Construct):
    """Answers CloudFormation by itself: no framework functions in between.

    When it fails, so does the deployment, before any other function has changed.
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
        """``after`` is the network: the answer leaves it by an endpoint."""
        super().__init__(scope, id_)
        applied = CustomResource(
            self,
            "Applied",
            resource_type="Custom::DatabaseMigration",
            service_token=migrate_database.function_arn,
            service_timeout=Duration.seconds(
                migrate_database.timeout.to_seconds() + 60  # type: ignore[union-attr]
            ),
            # Another digest is another release: CloudFormation calls again.
            properties={"Digest": digest_of_migrations()},
        )
        applied.node.add_dependency(migrate_database, after)
        for function in before:
            function.node.add_dependency(applied)


def digest_of_migrations() -> str:
    """A hash that changes with every migration."""
    digest = hashlib.sha256()
    for path in sorted(SCRIPTS.glob("*.sql")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
