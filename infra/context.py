"""What ``-c name=value`` says about an account, read into a configuration."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from infra.config import (
    PLACEHOLDER_HOST,
    PRESETS,
    AccountConfig,
    ConfigError,
    Inspector,
    StageConfig,
)
from infra.given import GivenDatabase, GivenNetwork, TokenIssuer
from infra.profiles import check_connections, given_profile, running_exports
from infra.values import all_or_none, listed, one_of, ports, positive, yes

NAME = re.compile(r"(?!.{31})[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")

# Each name, and the value that holds without it.
AWS_CONTEXT: Mapping[str, str] = MappingProxyType(
    {
        # What tells this deployment from others in the same account and region.
        "name": "aws",
        # What it may cost: standard or small. Each value below overrides the profile's.
        "profile": "standard",
        "databaseClass": "",
        "databaseMultiAz": "",
        "databaseProxy": "",
        "endpointZones": "",
        "apiCache": "",
        "firewall": "",
        "snapStart": "",
        "senderAddress": f"exports@{PLACEHOLDER_HOST}",
        # Verify its domain; or use an identity that the account has verified.
        "mailDomain": "",
        "mailIdentity": "",
        "sandboxRecipients": "",
        # Any OIDC issuer. Without one the stack creates a Cognito user pool.
        "oidcIssuer": "",
        "oidcAudience": "",
        "oidcJwksUrl": "",
        # How people sign in to the web page: the issuer's client, and its other hosts.
        "oidcClientId": "",
        "oidcScope": "",
        "oidcOrigins": "",
        # Other pages that people sign in to with the stack's user pool.
        "signInPages": "",
        # An existing network. Without one the stack creates it, in these zones or any.
        "vpcId": "",
        "privateSubnetIds": "",
        "availabilityZones": "",
        # An existing database. Without one the stack creates it.
        "databaseUrl": "",
        "ownerDatabaseUrl": "",
        "databaseResourceId": "",
        "ownerDatabaseResourceId": "",
        "databaseSecurityGroupId": "",
        # Security groups that may connect to the database that the stack creates.
        "databaseClients": "",
        # Its vCPUs, which pages share; how many exports run at once. Without a number:
        # what its class has, or two; what the profile says.
        "databaseVcpus": "",
        "maxRunningExports": "",
        # The dialect of CSV that a request without one gets: rfc4180 or excel.
        "defaultPreset": PRESETS[0],
        # The API's public face.
        "appBaseUrl": "",
        "domainName": "",
        "certificateArn": "",
        "corsOrigins": "",
        "alarmEmail": "",
        # US dollars a month; the address is alarmEmail unless given.
        "monthlyBudget": "",
        "budgetEmail": "",
        # Whether CloudTrail records each read and write of a file: true or false.
        "dataEvents": "",
        # Object Lock of the audit log's digests: governance or compliance, and days.
        "digestLock": "governance",
        "digestLockDays": "400",
        # Without one: the role that AWS Backup creates in every account.
        "backupRoleArn": "",
        # A bucket elsewhere that keeps second copies of files and access logs.
        "copiesBucket": "",
        "copiesKeyArn": "",
    }
)


def aws_config(context: Mapping[str, str]) -> StageConfig:
    """Return the configuration of the ``aws`` stage."""
    values = {**AWS_CONTEXT, **context}
    if bool(values["domainName"]) != bool(values["certificateArn"]):
        raise ConfigError("give domainName and certificateArn together")
    if values["oidcClientId"] and not values["oidcIssuer"]:
        raise ConfigError("oidcClientId is a client of oidcIssuer: give both")
    # The key encrypts the copies where they are: this stage's own key is not there.
    all_or_none(values, "copiesBucket", "copiesKeyArn")
    _check_mail(values)
    profile = given_profile(values)
    database = _given_database(values)
    size = profile.database_size()
    if not database:
        check_connections(profile)
    elif values["databaseClients"]:
        raise ConfigError("databaseClients: open the group of your database yourself")
    defaults = {
        "databaseVcpus": "2" if database else str(size.vcpus),
        "maxRunningExports": str(profile.max_running_exports),
    }
    values |= {name: values[name] or default for name, default in defaults.items()}
    own_domain = values["domainName"] and f"https://{values['domainName']}"
    return StageConfig(
        stage="aws",
        name=_name(values),
        # AccountDatabase knows its URLs, whether given or created.
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
        cors_origins=listed(values["corsOrigins"]),
        sign_in_pages=listed(values["signInPages"]),
        database_vcpus=positive(values, "databaseVcpus", float),
        max_running_exports=running_exports(values, profile),
        small_functions=profile.small_functions,
        default_preset=one_of(PRESETS, values, "defaultPreset"),
        account=AccountConfig(
            network=_given_network(values),
            network_zones=_network_zones(values),
            database=database,
            mail_domain=values["mailDomain"] or None,
            mail_identity=values["mailIdentity"] or None,
            sandbox_recipients=listed(values["sandboxRecipients"]),
            database_size=size,
            endpoint_zones=profile.endpoint_zones,
            database_clients=listed(values["databaseClients"]),
            api_cache=profile.api_cache,
            firewall=profile.firewall,
            snap_start=profile.snap_start,
            domain_name=values["domainName"] or None,
            certificate_arn=values["certificateArn"] or None,
            alarm_email=values["alarmEmail"] or None,
            **_budget(values),
            data_events=yes(values, "dataEvents", default=False),
            digest_lock=one_of(("governance", "compliance"), values, "digestLock"),
            digest_lock_days=positive(values, "digestLockDays", int),
            backup_role_arn=values["backupRoleArn"] or None,
            copies_bucket=values["copiesBucket"] or None,
            copies_key_arn=values["copiesKeyArn"] or None,
        ),
    )


def _name(values: Mapping[str, str]) -> str:
    """Return the deployment's name, which a stack's name may hold."""
    if not NAME.fullmatch(values["name"]):
        raise ConfigError(
            f"name={values['name']} is no name: give up to 30 letters, digits and "
            "single hyphens, beginning with a letter"
        )
    return values["name"]


def _budget(values: Mapping[str, str]) -> dict[str, Any]:
    if not values["monthlyBudget"]:
        return {}
    address = values["budgetEmail"] or values["alarmEmail"]
    if not address:
        raise ConfigError("with monthlyBudget give alarmEmail or budgetEmail as well")
    dollars = positive(values, "monthlyBudget", float)
    return {"monthly_budget": dollars, "budget_email": address}


def _given_issuer(values: Mapping[str, str]) -> TokenIssuer | None:
    given = all_or_none(values, "oidcIssuer", "oidcAudience", "oidcJwksUrl")
    return (
        TokenIssuer(**dict(zip(("issuer", "audience", "jwks_url"), given, strict=True)))
        if given
        else None
    )


def _given_network(values: Mapping[str, str]) -> GivenNetwork | None:
    if not values["vpcId"] and not values["privateSubnetIds"]:
        # Zones without a network are for the one that the stack creates.
        return None
    given = all_or_none(values, "vpcId", "privateSubnetIds", "availabilityZones")
    assert given is not None  # noqa: S101
    vpc_id, subnets, zones = given
    return GivenNetwork(
        vpc_id=vpc_id,
        private_subnet_ids=listed(subnets),
        availability_zones=listed(zones),
    )


def _network_zones(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the zones of the network that the stack creates; none means any two."""
    if values["vpcId"]:
        return ()
    zones = listed(values["availabilityZones"])
    if len(zones) == 1:
        raise ConfigError("availabilityZones: the database needs two of them")
    return zones


def _given_database(values: Mapping[str, str]) -> GivenDatabase | None:
    given = all_or_none(
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
            ports=ports(values, "databaseUrl", "ownerDatabaseUrl"),
        )
        if given
        else None
    )


def _check_mail(values: Mapping[str, str]) -> None:
    """SES sends from an address if it is an identity, or in the domain of one."""
    if values["mailDomain"] and values["mailIdentity"]:
        raise ConfigError("mailDomain is verified, mailIdentity is already: give one")
    sender = values["senderAddress"]
    identity = values["mailDomain"] or values["mailIdentity"]
    host = sender.rpartition("@")[2]
    if identity and identity != sender and not f".{host}".endswith(f".{identity}"):
        raise ConfigError(f"senderAddress={sender} is not in {identity}")
