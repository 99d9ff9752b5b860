"""Every tunable of every stage, frozen.

Only the table of functions (``lambdas.py``) holds further numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_logs as logs

from infra.given import DatabaseAccess, GivenDatabase, GivenNetwork, TokenIssuer

API_STAGE_NAME = "v1"
# Each deployment writes and watches metrics of its own.
METRICS_NAMESPACE = Aws.STACK_NAME

# `cdk deploy` warns while this is in use.
PLACEHOLDER_HOST = "replace-me.invalid"

# Those of the package, which infra does not import; a test compares.
PRESETS = ("rfc4180", "excel")


class ConfigError(Exception):
    """The configuration is wrong; the message is one line for the terminal."""


@dataclass(frozen=True, kw_only=True)
class DatabaseSize:
    """The database that the stack creates where none is given."""

    instance_class: str
    vcpus: int
    # Set in the parameter group, so that the limits of the functions can fit it.
    max_connections: int
    storage_gb: int
    multi_az: bool
    # Without one, functions connect to the instance itself.
    proxy: bool
    # A major that RDS and RDS Proxy have both taken for long, and the version that the
    # tests of given databases run. RDS moves on to later minor versions by itself.
    engine_version: str = "17.10"
    max_storage_gb: int = 500
    # Intruders in the network try the default port first.
    port: int = 5433
    backup_days: int = 35
    monitoring_seconds: int = 60


@dataclass(frozen=True, kw_only=True)
class AccountConfig:
    """What only a real account has."""

    network: GivenNetwork | None = None
    network_zones: tuple[str, ...] = ()
    database: GivenDatabase | None = None
    # A domain to verify as the sender, or an identity of SES that is verified already.
    mail_domain: str | None = None
    mail_identity: str | None = None
    # SES's sandbox also authorises the identities of those who get mail.
    sandbox_recipients: tuple[str, ...] = ()
    # What costs by the hour.
    database_size: DatabaseSize
    endpoint_zones: int
    # Security groups that may connect to it besides the functions'.
    database_clients: tuple[str, ...] = ()
    api_cache: bool
    firewall: bool
    # Whether the functions that people wait for start from snapshots.
    snap_start: bool
    domain_name: str | None = None
    certificate_arn: str | None = None
    alarm_email: str | None = None
    # US dollars a month, and who is told; no budget without the two.
    monthly_budget: float | None = None
    budget_email: str | None = None
    # Whether CloudTrail records each read and write of a file.
    data_events: bool = False
    # Object Lock of the audit log's digests: governance or compliance, and how long.
    digest_lock: str = "governance"
    digest_lock_days: int = 400
    backup_role_arn: str | None = None
    copies_bucket: str | None = None
    copies_key_arn: str | None = None

    # In five minutes. Watching one run takes 300, so a caller may watch ten, and a
    # hundred people may each watch one behind an address.
    waf_requests_per_caller: int = 3000
    waf_requests_per_address: int = 30_000
    # How long a signed link works, whoever holds it.
    signature_age_seconds: int = 300
    openapi_cache_seconds: int = 300

    # Alarms. The largest run takes minutes, so after half an hour its lane is stuck;
    # the API answers reads in milliseconds.
    oldest_run_seconds: int = 1800
    api_p99_milliseconds: int = 1500
    # With fewer requests in five minutes a p99 is little more than one cold start.
    api_p99_requests: int = 100
    sweep_repairs_per_hour: int = 5
    # A webhook's eight attempts take 48 minutes, the longest of all.
    oldest_message_seconds: int = 3600
    # SES puts an account under review at 5 % and at 0.1 %.
    bounce_rate: float = 0.05
    complaint_rate: float = 0.001
    # ACM renews 60 days before the end.
    certificate_days: int = 30
    # One is a vCPU at full load for a minute.
    surplus_credits: int = 30


@dataclass(frozen=True, kw_only=True)
class Inspector:
    """How people sign in to the web page, and where it may send them.

    ``origins`` are further hosts of the issuer's endpoints. Cognito ends sessions at
    ``sign_out_url``. Only the laptop has a workshop.
    """

    client_id: str = ""
    scope: str = "openid profile offline_access"
    origins: tuple[str, ...] = ()
    sign_out_url: str = ""
    workshop_url: str = ""
    console: bool = False


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """One deployment of the product.

    ``stage`` says where it runs. ``name`` tells it from the others there.
    """

    stage: str
    name: str
    # None where the stage creates its own.
    database: DatabaseAccess | None
    token_issuer: TokenIssuer | None
    sender_address: str
    account: AccountConfig | None = None
    inspector: Inspector = Inspector()

    # Functions. `layer_target` is a target of layers/build.py.
    runtime: str = "python3.14"
    architecture: str = "arm64"
    layer_target: str = "lambda"
    functions_carry_layers: bool = False
    log_level: str = "INFO"
    metrics: bool = True
    # Reserve what a small database bears.
    small_functions: bool = False
    # "virtual" puts the bucket's region into signed links.
    s3_addressing_style: str = "virtual"

    # API. Without a base URL the app is at the API's own.
    api_stage_name: str = API_STAGE_NAME
    api_tags: Mapping[str, str] = field(default_factory=dict)
    app_base_url: str | None = None
    # Other origins that may read answers, and other pages that people sign in to.
    cors_origins: tuple[str, ...] = ()
    sign_in_pages: tuple[str, ...] = ()
    throttling_rate: int = 200
    throttling_burst: int = 400
    # LocalStack's free edition has none. http_api verifies every token anyway.
    gateway_authorizer: bool = True
    # In a private network only authorize reaches the issuer.
    http_api_fetches_keys: bool = False
    # So long the gateway lets a token through without asking again; 0: not at all.
    authorizer_cache_seconds: int = 60

    # Pages: rows = clamp(total / 20, min, max). Two workers write for each vCPU of the
    # database; more gain nothing. The default instance class has two vCPUs.
    min_page_rows: int = 500
    max_page_rows: int = 100_000
    database_vcpus: float = 2

    # The dialect of CSV that a request without one gets (docs/formats.md).
    default_preset: str = "rfc4180"

    # Limits that protect the database.
    max_running_exports: int = 10
    max_queued_per_organization: int = 100

    # Protocols. A claim outlives the Lambda that made it. The sweep checks a run that
    # is stale, and never assumes that it is dead. It removes the files of an ended run
    # once no worker of that run can still be writing.
    email_claim_seconds: int = 120
    stale_after_seconds: int = 120
    cleanup_grace_seconds: int = 960
    # This many soft bounces in a month suppress an address; so does one hard bounce.
    soft_bounce_limit: int = 3

    # Retention
    file_retention_days: int = 7
    part_retention_days: int = 3
    abort_upload_days: int = 1
    access_log_retention_days: int = 90
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN

    @property
    def stack_name(self) -> str:
        """Return the stack's name, from which every physical name derives."""
        return f"InvoiceExport-{self.name}"

    @property
    def placeholders(self) -> list[str]:
        """Return the names of values to replace before real use."""
        return ["senderAddress"] if PLACEHOLDER_HOST in self.sender_address else []
