"""A synthesised stage, with lookups for its resources."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.config import StageConfig
from infra.lambdas import LAMBDAS
from infra.stages import stage_config
from infra.triggers import Trigger

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("local", "localstack", "aws")
ENDPOINT = "http://127.0.0.1:4999"
ENVIRONMENT = {
    "AWS_ENDPOINT_URL": ENDPOINT,
    "DATABASE_URL": "postgresql://invoice_export_app:pw@127.0.0.1:5999/invoice_export",
    "OWNER_DATABASE_URL": (
        "postgresql://invoice_export_owner:pw@127.0.0.1:5999/invoice_export"
    ),
    "OIDC_ISSUER": f"{ENDPOINT}/dev-issuer",
    "OIDC_AUDIENCE": "invoice-export",
    "OIDC_JWKS_URL": f"{ENDPOINT}/dev-issuer/.well-known/jwks.json",
}

# What `-c` says about a network and a database that are there already.
GIVEN_DATABASE = {
    "vpcId": "vpc-1",
    "privateSubnetIds": "subnet-1,subnet-2",
    "availabilityZones": "eu-west-1a,eu-west-1b",
    "databaseUrl": "postgresql://invoice_export_app@db.example:5432/x",
    "ownerDatabaseUrl": "postgresql://invoice_export_owner@db.example:5432/x",
    "databaseResourceId": "prx-1",
    "ownerDatabaseResourceId": "db-1",
    "databaseSecurityGroupId": "sg-1",
}

# A small stage with other values than its profile's.
OVERRIDDEN = {
    "profile": "small",
    "databaseClass": "db.m8g.large",
    "databaseMultiAz": "true",
    "databaseProxy": "true",
    "endpointZones": "2",
    "apiCache": "true",
    "firewall": "false",
    "databaseClients": "sg-8, sg-9",
}

ROWS = {row.name: row for row in LAMBDAS}

Resource = Mapping[str, Any]


def triggers(kind: type[Trigger]) -> list[tuple[str, Trigger]]:
    """Return the names of functions with triggers of this kind, and the triggers."""
    return [
        (row.name, trigger)
        for row in LAMBDAS
        for trigger in row.triggers
        if isinstance(trigger, kind)
    ]


def config_of(stage: str, **context: str) -> StageConfig:
    return stage_config(
        stage=stage,
        environment=ENVIRONMENT,
        context=context,
        host_architecture="x86_64",
    )


@dataclasses.dataclass(frozen=True)
class Synthesised:
    """One stage's template and its assets folder."""

    config: StageConfig
    template: Mapping[str, Any]
    folder: Path

    def resources(self, type_: str) -> list[Resource]:
        found = self.template["Resources"].values()
        return [resource for resource in found if resource["Type"] == type_]

    def properties(self, type_: str) -> list[Mapping[str, Any]]:
        return [resource["Properties"] for resource in self.resources(type_)]

    @property
    def functions(self) -> dict[str, Resource]:
        """Return our functions by folder name, taken from the description."""
        return {
            function["Properties"]["Description"].split()[0].removeprefix("lambdas/"): (
                function
            )
            for function in self.resources("AWS::Lambda::Function")
            if function["Properties"]["Description"].startswith("lambdas/")
        }

    def called(self, value: Any) -> str:
        """Return the id of the function that a value names, by an alias or not."""
        resources = self.template["Resources"]
        id_ = next(id_ for id_ in referred(value) if id_ in resources)
        if resources[id_]["Type"] in {"AWS::Lambda::Alias", "AWS::Lambda::Version"}:
            return self.called(resources[id_]["Properties"]["FunctionName"])
        return id_

    @property
    def default_group_closer(self) -> Resource:
        """Return the only function that CDK adds."""
        (found,) = (
            function
            for function in self.resources("AWS::Lambda::Function")
            if function not in self.functions.values()
        )
        return found

    def logical_id(self, wanted: Resource) -> str:
        resources = self.template["Resources"]
        return next(id_ for id_, found in resources.items() if found is wanted)

    def asset(self, resource: Resource) -> Path:
        properties = resource["Properties"]
        code = properties.get("Code") or properties["Content"]
        return self.folder / f"asset.{code['S3Key'].removesuffix('.zip')}"


def referred(value: Any) -> Iterator[str]:
    """Yield the ids that a value refers to."""
    if isinstance(value, list):
        for each in value:
            yield from referred(each)
    elif isinstance(value, dict):
        for name, argument in value.items():
            if name == "Ref":
                yield argument
            elif name == "Fn::GetAtt":
                yield argument[0]
            else:
                yield from referred(argument)
