"""Reads a stage's configuration from what the shell and ``-c name=value`` say."""

import dataclasses
from collections.abc import Mapping
from math import inf
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

from infra.config import (
    API_STAGE_NAME,
    PLACEHOLDER_HOST,
    AccountConfig,
    ConfigError,
    DatabaseAccess,
    GivenDatabase,
    GivenNetwork,
    Inspector,
    StageConfig,
    TokenIssuer,
)

Number = TypeVar("Number", int, float)

LOOPBACK_API_ID = "1e9057a1"

LOCAL_VARIABLES = (
    "AWS_ENDPOINT_URL",
    "DATABASE_URL",
    "OWNER_DATABASE_URL",
    "OIDC_ISSUER",
    "OIDC_AUDIENCE",
    "OIDC_JWKS_URL",
)

# What `-c name=value` may say about an account, each with what holds without it.
AWS_CONTEXT: Mapping[str, str] = MappingProxyType(
    {
        "senderAddress": f"exports@{PLACEHOLDER_HOST}",
        # Any OIDC issuer; none: a Cognito user pool is made.
        "oidcIssuer": "",
        "oidcAudience": "",
        "oidcJwksUrl": "",
        # Sign-in to the web page: the given issuer's client, and its other hosts.
        "oidcClientId": "",
        "oidcScope": "",
        "oidcOrigins": "",
        # Other pages that people may sign in to with our own user pool.
        "signInPages": "",
        # A network that is there already; none: one is made, in these zones or any.
        "vpcId": "",
        "privateSubnetIds": "",
        "availabilityZones": "",
        # A database that is there already; none: one is made.
        "databaseUrl": "",
        "ownerDatabaseUrl": "",
        "databaseResourceId": "",
        "ownerDatabaseResourceId": "",
        "databaseSecurityGroupId": "",
        # Its virtual processors, which pages share; how many exports run at once.
        "databaseVcpus": "2",
        "maxRunningExports": "10",
        # The API's public face.
        "appBaseUrl": "",
        "domainName": "",
        "certificateArn": "",
        "corsOrigins": "",
        "alarmEmail": "",
        # The role that AWS Backup makes for itself in every account.
        "backupRoleArn": "",
        # A bucket elsewhere for second copies of files and access logs.
        "copiesBucket": "",
        "copiesKeyArn": "",
    }
)


def stage_config(
    *,
    stage: str,
    environment: Mapping[str, str],
    context: Mapping[str, str],
    host_architecture: str,
) -> StageConfig:
    """The configuration of one stage.

    The local stages take what the laptop stack tells them from ``environment``; the
    ``aws`` stage takes ``context`` only, so that a forgotten variable of a shell
    never ends up in an account.
    """
    if stage == "aws":
        return _aws(context)
    if stage == "local":
        return _local(environment)
    if stage == "localstack":
        # LocalStack runs the real runtimes, on this machine's processor, and stores
        # layers without applying them.
        return dataclasses.replace(
            _local(environment),
            stage="localstack",
            runtime="python3.13",
            architecture=host_architecture,
            layer_target="localstack",
            functions_carry_layers=True,
            gateway_authorizer=False,
            api_tags={"_custom_id_": LOOPBACK_API_ID},
        )
    raise ConfigError(f"unknown stage {stage!r}: use -c stage=local, localstack or aws")


def _aws(context: Mapping[str, str]) -> StageConfig:
    values = {**AWS_CONTEXT, **context}
    if bool(values["domainName"]) != bool(values["certificateArn"]):
        raise ConfigError("give domainName and certificateArn together")
    if values["oidcClientId"] and not values["oidcIssuer"]:
        raise ConfigError("oidcClientId is a client of oidcIssuer: give that as well")
    database = _given_database(values)
    own_domain = values["domainName"] and f"https://{values['domainName']}"
    return StageConfig(
        stage="aws",
        # The Database construct knows the rest, of a given one too.
        database=None,
        token_issuer=_given_issuer(values),
        sender_address=values["senderAddress"],
        inspector=Inspector(
            client_id=values["oidcClientId"],
            scope=values["oidcScope"] or Inspector.scope,
            origins=tuple(values["oidcOrigins"].split()),
            console=True,
        ),
        app_base_url=values["appBaseUrl"] or own_domain or None,
        cors_origins=_listed(values["corsOrigins"]),
        sign_in_pages=_listed(values["signInPages"]),
        database_vcpus=_positive(values, "databaseVcpus", float),
        max_running_exports=_positive(values, "maxRunningExports", int),
        account=AccountConfig(
            network=_given_network(values),
            network_zones=_network_zones(values),
            database=database,
            domain_name=values["domainName"] or None,
            certificate_arn=values["certificateArn"] or None,
            alarm_email=values["alarmEmail"] or None,
            backup_role_arn=values["backupRoleArn"] or None,
            copies_bucket=values["copiesBucket"] or None,
            copies_key_arn=values["copiesKeyArn"] or None,
        ),
    )


def _given_issuer(values: Mapping[str, str]) -> TokenIssuer | None:
    given = _all_or_none(values, "oidcIssuer", "oidcAudience", "oidcJwksUrl")
    return (
        TokenIssuer(**dict(zip(("issuer", "audience", "jwks_url"), given, strict=True)))
        if given
        else None
    )


def _given_network(values: Mapping[str, str]) -> GivenNetwork | None:
    if not values["vpcId"] and not values["privateSubnetIds"]:
        # Zones alone are for the network that is made.
        return None
    given = _all_or_none(values, "vpcId", "privateSubnetIds", "availabilityZones")
    assert given is not None  # noqa: S101
    vpc_id, subnets, zones = given
    return GivenNetwork(
        vpc_id=vpc_id,
        private_subnet_ids=_listed(subnets),
        availability_zones=_listed(zones),
    )


def _network_zones(values: Mapping[str, str]) -> tuple[str, ...]:
    """Zones of the network that is made; none: whatever the region names first."""
    if values["vpcId"]:
        return ()
    zones = _listed(values["availabilityZones"])
    if len(zones) == 1:
        raise ConfigError("availabilityZones: the database needs two of them")
    return zones


def _given_database(values: Mapping[str, str]) -> GivenDatabase | None:
    given = _all_or_none(
        values,
        "databaseUrl",
        "ownerDatabaseUrl",
        "databaseResourceId",
        "ownerDatabaseResourceId",
        "databaseSecurityGroupId",
    )
    return (
        GivenDatabase(
            app_url=given[0],
            owner_url=given[1],
            app_resource_id=given[2],
            owner_resource_id=given[3],
            security_group_id=given[4],
        )
        if given
        else None
    )


def _positive(values: Mapping[str, str], name: str, kind: type[Number]) -> Number:
    try:
        number = kind(values[name])
    except ValueError:
        number = kind(0)
    if not 0 < number < inf:
        raise ConfigError(f"{name}={values[name]} is not a number above 0")
    return number


def _all_or_none(values: Mapping[str, str], *names: str) -> tuple[str, ...] | None:
    """The values of names that only make sense together."""
    given = [name for name in names if values[name]]
    if given and len(given) < len(names):
        missing = [name for name in names if not values[name]]
        raise ConfigError(f"with {given[0]} give {', '.join(missing)} as well")
    return tuple(values[name] for name in names) if given else None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _local(environment: Mapping[str, str]) -> StageConfig:
    missing = [name for name in LOCAL_VARIABLES if not environment.get(name)]
    if missing:
        raise ConfigError(
            f"set {', '.join(missing)} for the local stages (or: make up)"
        )
    endpoint = environment["AWS_ENDPOINT_URL"].rstrip("/")
    if urlsplit(endpoint).scheme not in {"http", "https"}:
        raise ConfigError(f"AWS_ENDPOINT_URL is not a URL: {endpoint!r}")
    return StageConfig(
        stage="local",
        database=DatabaseAccess(
            url=environment["DATABASE_URL"],
            owner_url=environment["OWNER_DATABASE_URL"],
            iam_auth=False,
        ),
        token_issuer=TokenIssuer(
            issuer=environment["OIDC_ISSUER"],
            audience=environment["OIDC_AUDIENCE"],
            jwks_url=environment["OIDC_JWKS_URL"],
        ),
        sender_address="exports@invoice-export.example",
        inspector=Inspector(workshop_url=environment.get("WORKSHOP_URL", "")),
        layer_target="local",
        metrics=False,
        s3_addressing_style="auto",
        http_api_fetches_keys=True,
        # MiniStack's name for a fixed id: the app link is known before the deploy.
        api_tags={"ms-custom-id": LOOPBACK_API_ID},
        app_base_url=f"{endpoint}/_aws/execute-api/{LOOPBACK_API_ID}/{API_STAGE_NAME}",
        throttling_rate=1000,
        throttling_burst=2000,
        min_page_rows=50,
        # Engine and workers run on the same two cores.
        database_vcpus=1.5,
        max_running_exports=4,
        email_claim_seconds=60,
        stale_after_seconds=15,
        log_retention=logs.RetentionDays.ONE_WEEK,
        removal_policy=RemovalPolicy.DESTROY,
    )
