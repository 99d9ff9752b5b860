"""Every tunable of every stage, frozen: nothing else in ``infra/`` holds a number."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

API_STAGE_NAME = "v1"
METRICS_NAMESPACE = "InvoiceExport"

# `cdk deploy` says so as long as it is still in use.
PLACEHOLDER_HOST = "replace-me.invalid"


class ConfigError(Exception):
    """The stage cannot be configured; the message is one line for the terminal."""


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
    network_zones: tuple[str, ...] = ()
    database: GivenDatabase | None = None
    database_size: DatabaseSize = DatabaseSize()
    domain_name: str | None = None
    certificate_arn: str | None = None
    alarm_email: str | None = None
    backup_role_arn: str | None = None
    copies_bucket: str | None = None
    copies_key_arn: str | None = None

    # Requests of one address in five minutes; a poller of one run makes 300.
    waf_requests_per_address: int = 3000
    # How long a signed link works, for whoever got hold of it.
    signature_age_seconds: int = 300
    openapi_cache_seconds: int = 300

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
    log_level: str = "INFO"
    metrics: bool = True
    # "virtual" puts the bucket's region into signed links.
    s3_addressing_style: str = "virtual"

    # API. Without a base URL it is the API's own.
    api_stage_name: str = API_STAGE_NAME
    api_tags: Mapping[str, str] = field(default_factory=dict)
    app_base_url: str | None = None
    # Other pages: those whose scripts may read answers, and those that may sign in.
    cors_origins: tuple[str, ...] = ()
    sign_in_pages: tuple[str, ...] = ()
    throttling_rate: int = 200
    throttling_burst: int = 400
    # LocalStack's free edition has none; http_api verifies every token by itself.
    gateway_authorizer: bool = True
    # In a private network only authorize reaches the issuer.
    http_api_fetches_keys: bool = False
    # 0, since authorize answers for one request: a cached policy would refuse others.
    authorizer_cache_seconds: int = 0

    # Pages: rows = clamp(total / 20, min, max). How many are written at a time follows
    # the database's vCPUs, two for each: more workers gain nothing. The default class
    # has two.
    min_page_rows: int = 500
    max_page_rows: int = 100_000
    database_vcpus: float = 2

    # Caps that protect the database.
    max_running_exports: int = 10
    max_queued_per_organization: int = 100

    # Protocols. A claim outlives the Lambda that made it; a run without progress for
    # the stale time is asked about, never taken for dead; what an ended run left is
    # removed for good when no worker of it can still be writing.
    email_claim_seconds: int = 120
    stale_after_seconds: int = 120
    cleanup_grace_seconds: int = 960
    # So many soft bounces within a month suppress an address; one hard one does.
    soft_bounce_limit: int = 3

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
