"""Groups of environment variables, and where their values come from.

A row of ``lambdas.py`` names the groups of its function. A test validates each
function's environment against its settings model.
"""

from collections.abc import Callable

from aws_cdk import Aws

from infra.database import DatabaseRole
from infra.given import DatabaseAccess
from infra.parts import Parts

Environment = dict[str, str]
Group = Callable[[Parts], Environment]


def connection(access: DatabaseAccess, role: DatabaseRole) -> Environment:
    """Return how a function connects as ``role``."""
    urls = {
        DatabaseRole.APP: {"DATABASE_URL": access.url},
        DatabaseRole.OWNER: {
            "OWNER_DATABASE_URL": access.owner_url,
            "ADMINISTRATOR_DATABASE_URL": access.administrator_url,
        },
    }
    return urls[role] | {"DATABASE_IAM_AUTH": str(access.iam_auth).lower()}


def issuer(parts: Parts) -> Environment:
    """Whose tokens count, and where their keys are."""
    trusted = parts.identity.issuer
    return {
        "OIDC_ISSUER": trusted.issuer,
        "OIDC_AUDIENCE": trusted.audience,
        "OIDC_JWKS_URL": trusted.jwks_url,
    }


def issuer_behind_authorizer(parts: Parts) -> Environment:
    """Whose tokens count. Without a URL the authorizer hands over the key it found."""
    if parts.config.http_api_fetches_keys:
        return issuer(parts)
    return issuer(parts) | {"OIDC_JWKS_URL": ""}


def files(parts: Parts) -> Environment:
    """Where parts and files are, and for how long."""
    config = parts.config
    return {
        "FILES_BUCKET": parts.files.bucket.bucket_name,
        "S3_ADDRESSING_STYLE": config.s3_addressing_style,
        "FILE_RETENTION_DAYS": str(config.file_retention_days),
        "PART_RETENTION_DAYS": str(config.part_retention_days),
    }


def digests(parts: Parts) -> Environment:
    """Where the digests of the audit log are."""
    return {"DIGESTS_BUCKET": parts.files.digests.bucket_name}


def alias(parts: Parts) -> Environment:
    """What executions start through."""
    return {"STATE_MACHINE_ALIAS": parts.workflow.alias}


def machine(parts: Parts) -> Environment:
    """Which state machine runs exports."""
    arn = parts.workflow.machine.state_machine_arn
    return {"STATE_MACHINE_ARN": arn} | alias(parts)


def running_limit(parts: Parts) -> Environment:
    """How many exports run at once."""
    return {"MAX_RUNNING_EXPORTS": str(parts.config.max_running_exports)}


def queue_limit(parts: Parts) -> Environment:
    """How many exports of one organisation wait."""
    queued = parts.config.max_queued_per_organization
    return {"MAX_QUEUED_PER_ORGANIZATION": str(queued)}


def page_policy(parts: Parts) -> Environment:
    """How large pages are, and how many workers the database bears."""
    config = parts.config
    return {
        "MIN_PAGE_ROWS": str(config.min_page_rows),
        "MAX_PAGE_ROWS": str(config.max_page_rows),
        "DATABASE_VCPUS": str(config.database_vcpus),
    }


def sweep(parts: Parts) -> Environment:
    """When the sweep looks at a run, and when it removes files."""
    config = parts.config
    return {
        "STALE_AFTER_SECONDS": str(config.stale_after_seconds),
        "CLEANUP_GRACE_SECONDS": str(config.cleanup_grace_seconds),
    }


def app_url(parts: Parts) -> Environment:
    """Where the link in a mail leads."""
    return {"APP_BASE_URL": parts.api.base_url}


def sender(parts: Parts) -> Environment:
    """Who sends mails, and how long a claim to send one holds."""
    config = parts.config
    return {
        "SENDER_ADDRESS": config.sender_address,
        "EMAIL_CLAIM_SECONDS": str(config.email_claim_seconds),
        "SES_CONFIGURATION_SET": parts.mail.configuration_set,
    }


def soft_bounces(parts: Parts) -> Environment:
    """How many soft bounces suppress an address."""
    return {"SOFT_BOUNCE_LIMIT": str(parts.config.soft_bounce_limit)}


def event_queue(parts: Parts) -> Environment:
    """Where events for customers go first."""
    return {"EVENTS_QUEUE_URL": parts.outbound.queue.queue_url}


def event_bus(parts: Parts) -> Environment:
    """Where events for the account go."""
    return {"EVENT_BUS_NAME": parts.outbound.bus.event_bus_name}


def web(parts: Parts) -> Environment:
    """Which stage this is, whose pages may call it, and its dialect of CSV."""
    config = parts.config
    return {
        "STAGE": config.stage,
        "CORS_ORIGINS": ",".join(config.cors_origins),
        "DEFAULT_PRESET": config.default_preset,
    }


def sign_in(parts: Parts) -> Environment:
    """How people sign in to the web page."""
    inspector = parts.identity.inspector
    # The page appends an execution's ARN.
    console = (
        f"https://{Aws.REGION}.console.aws.amazon.com/states/home"
        f"?region={Aws.REGION}#/v2/executions/details/"
    )
    return {
        "OIDC_CLIENT_ID": inspector.client_id,
        "OIDC_SCOPE": inspector.scope,
        "OIDC_ORIGINS": " ".join(inspector.origins),
        "OIDC_SIGN_OUT_URL": inspector.sign_out_url,
        "WORKSHOP_URL": inspector.workshop_url,
        "CONSOLE_URL": console if inspector.console else "",
    }
