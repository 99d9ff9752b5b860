"""Runs ``migrate_database`` during a deployment, before any new code serves."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IDependable

from infra.assets import ROOT

PACKAGE = ROOT / "layers/invoice_export/python/invoice_export"
# What the function applies: the set-up, the migrations, the views of the datasets.
APPLIED = (
    "sql/setup.sql",
    "sql/sample",
    "sql/migrations",
    "sql/views",
    "datasets",
    "adapters/database_setup.py",
    "adapters/own_database.py",
    "adapters/views.py",
    "domain",
)


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
            properties={"Digest": digest_of_schema()},
        )
        applied.node.add_dependency(migrate_database, after)
        for function in before:
            function.node.add_dependency(applied)


def digest_of_schema() -> str:
    """Return a hash that changes with every migration and every dataset."""
    digest = hashlib.sha256()
    for path in sorted(path for name in APPLIED for path in _files(PACKAGE / name)):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    """Yield the SQL and Python of a file or a folder."""
    for each in (path, *path.rglob("*")):
        if each.suffix in (".sql", ".py"):
            yield each
