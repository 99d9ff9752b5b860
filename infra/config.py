"""Every tunable of every stage, frozen: nothing else in ``infra/`` holds a number."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

LOOPBACK_API_ID = "1e9057a1"
API_STAGE_NAME = "v1"

LOCAL_VARIABLES = (
    "AWS_ENDPOINT_URL",
    "DATABASE_URL",
    "OWNER_DATABASE_URL",
    "OIDC_ISSUER",
    "OIDC_AUDIENCE",
    "OIDC_JWKS_URL",
)

# `cdk deploy` says so as long as it is still in use.
PLACEHOLDER_HOST = "replace-me.invalid"
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
        # A network that is there already; none: one is made.
        "vpcId": "",
        "privateSubnetIds": "",
        "availabilityZones": "",
        # A database that is there already; none: one is made.
        "databaseUrl": "",
        "ownerDatabaseUrl": "",
        "databaseResourceId": "",
        "ownerDatabaseResourceId": "",
        "databaseSecurityGroupId": "",
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


class ConfigError(Exception):
    """The stage cannot be configured; the message is one line for the terminal."""


@dataclass(frozen=True)
class FunctionSize:
    """Memory decides the share of a CPU too: 1,769 MB is one vCPU."""

    memory_mb: int
    timeout_seconds: int


# Every timeout is shorter than that of the state which invokes the function, so that
# the error is Lambda's own; http_api stays below the gateway's 29 s.
FUNCTION_SIZES: Mapping[str, FunctionSize] = MappingProxyType(
    {
        "authorize": FunctionSize(512, 10),
        "http_api": FunctionSize(1024, 25),
        "plan_pages": FunctionSize(512, 300),
        "write_page": FunctionSize(1024, 300),
        "compose_file": FunctionSize(1024, 900),
        "send_email": FunctionSize(512, 30),
        "finish_run": FunctionSize(512, 45),
        "reconcile_runs": FunctionSize(512, 55),
        "deliver_events": FunctionSize(256, 60),
        "record_email_events": FunctionSize(512, 30),
        "migrate_database": FunctionSize(512, 300),
    }
)


@dataclass(frozen=True, kw_only=True)
class DatabaseAccess:
    """Two roles of one PostgreSQL: the application's, and the schema's owner."""

    url: str
    owner_url: str
    # Tokens of 15 minutes instead of a password in the URL.
    iam_auth: bool


@dataclass(frozen=True, kw_only=True)
class TokenIssuer:
    """Whose bearer tokens are accepted."""

    issuer: str
    audience: str
    jwks_url: str


@dataclass(frozen=True, kw_only=True)
class GivenNetwork:
    """A VPC of the account, whose private subnets reach the services that we call."""

    vpc_id: str
    private_subnet_ids: tuple[str, ...]
    availability_zones: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class GivenDatabase:
    """A PostgreSQL of the account, with IAM authentication and both roles' ids.

    A resource id (``db-…``, ``prx-…``) is what IAM calls the host of a URL.
    """

    app_url: str
    owner_url: str
    app_resource_id: str
    owner_resource_id: str
    security_group_id: str


@dataclass(frozen=True, kw_only=True)
class DatabaseSize:
    """The database that is made where none is given."""

    engine_version: str = "18.3"
    instance_class: str = "db.t4g.medium"
    storage_gb: int = 50
    max_storage_gb: int = 500
    # Not the default one: one guess less for whoever got into the network.
    port: int = 5433
    backup_days: int = 35
    monitoring_seconds: int = 60
    # What the instance class allows: memory / 9,531,392 bytes.
    max_connections: int = 400


@dataclass(frozen=True, kw_only=True)
class AccountConfig:
    """What only a real account has; the local stages have none of it."""

    network: GivenNetwork | None = None
    database: GivenDatabase | None = None
    database_size: DatabaseSize = DatabaseSize()
    domain_name: str | None = None
    certificate_arn: str | None = None
    cors_origins: tuple[str, ...] = ()
    sign_in_pages: tuple[str, ...] = ()
    alarm_email: str | None = None
    backup_role_arn: str | None = None
    copies_bucket: str | None = None
    copies_key_arn: str | None = None

    # Requests of one address in five minutes; a poller of one run makes 300.
    waf_requests_per_address: int = 3000
    # How long a signed link works, for whoever got hold of it.
    signature_age_seconds: int = 300
    openapi_cache_seconds: int = 300

    # Never more at once, whatever is asked of the API: together they stay below the
    # database's connections, and below an account's default of 1,000.
    concurrency: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType(
            {
                "authorize": 150,
                "http_api": 100,
                "plan_pages": 10,
                "write_page": 80,
                "compose_file": 10,
                "send_email": 10,
                "finish_run": 20,
                "reconcile_runs": 10,
                "record_email_events": 5,
                "deliver_events": 10,
                "migrate_database": 2,
            }
        )
    )

    # Alarms. A run of the largest size takes minutes, so half an hour is a lane that
    # stands; the API answers its reads in milliseconds.
    oldest_run_seconds: int = 1800
    api_p99_milliseconds: int = 1500
    sweep_repairs_per_hour: int = 5


@dataclass(frozen=True, kw_only=True)
class Inspector:
    """How people sign in to the web page, and where it may send them.

    ``origins`` are the issuer's other hosts, where its endpoints do not lie at the
    issuer's own, and Cognito ends sessions at ``sign_out_url``. The workshop is the
    laptop's: it has no place on ``aws``.
    """

    client_id: str = ""
    scope: str = "openid profile offline_access"
    origins: tuple[str, ...] = ()
    sign_out_url: str = ""
    workshop_url: str = ""
    console: bool = False


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """One deployment of the product."""

    stage: str
    # None where the stage makes its own.
    database: DatabaseAccess | None
    token_issuer: TokenIssuer | None
    sender_address: str
    account: AccountConfig | None = None
    inspector: Inspector = Inspector()

    # Lambda. `layer_target` names a target of layers/build.py.
    runtime: str = "python3.14"
    architecture: str = "arm64"
    layer_target: str = "lambda"
    functions_carry_layers: bool = False
    functions: Mapping[str, FunctionSize] = field(
        default_factory=lambda: FUNCTION_SIZES
    )
    log_level: str = "INFO"

    # API. Without a base URL it is the API's own.
    api_stage_name: str = API_STAGE_NAME
    api_tags: Mapping[str, str] = field(default_factory=dict)
    app_base_url: str | None = None
    throttling_rate: int = 200
    throttling_burst: int = 400
    # LocalStack's free edition has none; http_api verifies every token by itself.
    gateway_authorizer: bool = True
    # 0, since authorize answers for one request: a cached policy would refuse others.
    authorizer_cache_seconds: int = 0

    # Pages: rows = clamp(total / 20, min, max). How many are written at a time follows
    # the database's vCPUs, two for each: more workers gain nothing.
    min_page_rows: int = 500
    max_page_rows: int = 100_000
    database_vcpus: float = 4

    # Caps that protect the database.
    max_running_exports: int = 10
    max_queued_per_organization: int = 100

    # Protocols. A claim outlives the Lambda that made it; a run without progress for
    # the stale time is asked about, never taken for dead; what an ended run left is
    # removed for good when no worker of it can still be writing.
    email_claim_seconds: int = 120
    stale_after_seconds: int = 120
    leftover_grace_seconds: int = 960
    sweep_minutes: int = 1
    # So many soft bounces within a month suppress an address; one hard one does.
    soft_bounce_limit: int = 3

    # Attempts until a message is a dead letter, with six timeouts between two: mail
    # events for a quarter of an hour, others' servers for three quarters.
    mail_event_attempts: int = 5
    event_attempts: int = 8

    # Retention
    file_retention_days: int = 7
    part_retention_days: int = 3
    abort_upload_days: int = 1
    access_log_retention_days: int = 90
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN

    @property
    def placeholders(self) -> list[str]:
        """Names of the values that still have to be replaced before real use."""
        return ["senderAddress"] if PLACEHOLDER_HOST in self.sender_address else []


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
        account=AccountConfig(
            network=_given_network(values),
            database=database,
            domain_name=values["domainName"] or None,
            certificate_arn=values["certificateArn"] or None,
            cors_origins=_listed(values["corsOrigins"]),
            sign_in_pages=_listed(values["signInPages"]),
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
    given = _all_or_none(values, "vpcId", "privateSubnetIds", "availabilityZones")
    if given is None:
        return None
    vpc_id, subnets, zones = given
    return GivenNetwork(
        vpc_id=vpc_id,
        private_subnet_ids=_listed(subnets),
        availability_zones=_listed(zones),
    )


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
        # MiniStack's name for a fixed id: the app link is known before the deploy.
        api_tags={"ms-custom-id": LOOPBACK_API_ID},
        app_base_url=f"{endpoint}/_aws/execute-api/{LOOPBACK_API_ID}/{API_STAGE_NAME}",
        throttling_rate=1000,
        throttling_burst=2000,
        min_page_rows=50,
        database_vcpus=2,
        max_running_exports=4,
        email_claim_seconds=60,
        stale_after_seconds=15,
        log_retention=logs.RetentionDays.ONE_WEEK,
        removal_policy=RemovalPolicy.DESTROY,
    )
