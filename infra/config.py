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

# `cdk deploy` says so as long as one of these is still in use.
PLACEHOLDER_HOST = "replace-me.invalid"
AWS_CONTEXT: Mapping[str, str] = MappingProxyType(
    {
        "databaseUrl": f"postgresql://invoice_export_app@{PLACEHOLDER_HOST}:5432/"
        "invoice_export?sslmode=verify-full&sslrootcert=system",
        "ownerDatabaseUrl": f"postgresql://invoice_export_owner@{PLACEHOLDER_HOST}:5432/"
        "invoice_export?sslmode=verify-full&sslrootcert=system",
        "oidcIssuer": f"https://{PLACEHOLDER_HOST}/",
        "oidcAudience": "invoice-export",
        "oidcClientId": "replace-me",
        "oidcJwksUrl": f"https://{PLACEHOLDER_HOST}/.well-known/jwks.json",
        "senderAddress": f"exports@{PLACEHOLDER_HOST}",
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
class Inspector:
    """How people sign in to the web page, and where it may send them.

    ``origins`` are the issuer's other hosts, where its endpoints do not lie at the
    issuer's own. The workshop is the laptop's: it has no place on ``aws``.
    """

    client_id: str = ""
    scope: str = "openid profile offline_access"
    origins: tuple[str, ...] = ()
    workshop_url: str = ""
    console: bool = False


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """One deployment of the product."""

    stage: str
    database: DatabaseAccess
    token_issuer: TokenIssuer
    sender_address: str
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
    tracing: bool = True

    # API. Without a base URL it is the API's own.
    api_stage_name: str = API_STAGE_NAME
    api_tags: Mapping[str, str] = field(default_factory=dict)
    app_base_url: str | None = None
    throttling_rate: int = 200
    throttling_burst: int = 400
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

    # Retention
    file_retention_days: int = 7
    part_retention_days: int = 3
    abort_upload_days: int = 1
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN

    # What the community editions of the local engines have no match for.
    ses_configuration_set: bool = True

    @property
    def placeholders(self) -> list[str]:
        """Names of the values that still have to be replaced before real use."""
        values = {
            "databaseUrl": self.database.url,
            "ownerDatabaseUrl": self.database.owner_url,
            "oidcIssuer": self.token_issuer.issuer,
            "oidcJwksUrl": self.token_issuer.jwks_url,
            "senderAddress": self.sender_address,
        }
        return [name for name, value in values.items() if PLACEHOLDER_HOST in value]


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
            min_page_rows=500,
            api_tags={"_custom_id_": LOOPBACK_API_ID},
        )
    raise ConfigError(f"unknown stage {stage!r}: use -c stage=local, localstack or aws")


def _aws(context: Mapping[str, str]) -> StageConfig:
    values = {**AWS_CONTEXT, **context}
    return StageConfig(
        stage="aws",
        database=DatabaseAccess(
            url=values["databaseUrl"],
            owner_url=values["ownerDatabaseUrl"],
            iam_auth=True,
        ),
        token_issuer=TokenIssuer(
            issuer=values["oidcIssuer"],
            audience=values["oidcAudience"],
            jwks_url=values["oidcJwksUrl"],
        ),
        sender_address=values["senderAddress"],
        inspector=Inspector(
            client_id=values["oidcClientId"],
            scope=values.get("oidcScope", Inspector.scope),
            origins=tuple(values.get("oidcOrigins", "").split()),
            console=True,
        ),
        app_base_url=values.get("appBaseUrl"),
    )


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
        tracing=False,
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
        ses_configuration_set=False,
    )
