"""What each function is told by its environment, as far as the stage decides it.

What only other constructs know (the machine's ARN, the API's URL) is added by them.
A test validates each environment against the function's settings model.
"""

from aws_cdk import Aws

from infra.config import DatabaseAccess, Inspector, StageConfig, TokenIssuer

Environment = dict[str, str]


def environments(
    config: StageConfig,
    *,
    files_bucket: str,
    database: DatabaseAccess,
    issuer: TokenIssuer,
    inspector: Inspector,
) -> dict[str, Environment]:
    """Return every function's environment by its name."""
    iam_auth = {"DATABASE_IAM_AUTH": str(database.iam_auth).lower()}
    connection = {"DATABASE_URL": database.url, **iam_auth}
    tokens = {
        "OIDC_ISSUER": issuer.issuer,
        "OIDC_AUDIENCE": issuer.audience,
        "OIDC_JWKS_URL": issuer.jwks_url,
    }
    second_look = tokens | _keys(config, issuer)
    files = {
        "FILES_BUCKET": files_bucket,
        "S3_ADDRESSING_STYLE": config.s3_addressing_style,
        "FILE_RETENTION_DAYS": str(config.file_retention_days),
        "PART_RETENTION_DAYS": str(config.part_retention_days),
    }
    running = {"MAX_RUNNING_EXPORTS": str(config.max_running_exports)}
    queued = {"MAX_QUEUED_PER_ORGANIZATION": str(config.max_queued_per_organization)}
    with_files = connection | files
    return {
        "authorize": tokens,
        "http_api": with_files
        | second_look
        | running
        | queued
        | _web(config)
        | _sign_in(inspector),
        "plan_pages": connection | _pages(config),
        "write_page": with_files,
        "compose_file": with_files,
        "send_email": with_files,
        "finish_run": with_files | running,
        "reconcile_runs": with_files | running | queued | _sweep(config),
        "deliver_events": {},
        "record_email_events": connection
        | {"SOFT_BOUNCE_LIMIT": str(config.soft_bounce_limit)},
        "migrate_database": {"OWNER_DATABASE_URL": database.owner_url, **iam_auth},
    }


def _keys(config: StageConfig, issuer: TokenIssuer) -> Environment:
    """Without a URL, ``http_api`` takes the key that ``authorize`` hands over."""
    return {"OIDC_JWKS_URL": issuer.jwks_url if config.http_api_fetches_keys else ""}


def _pages(config: StageConfig) -> Environment:
    return {
        "MIN_PAGE_ROWS": str(config.min_page_rows),
        "MAX_PAGE_ROWS": str(config.max_page_rows),
        "DATABASE_VCPUS": str(config.database_vcpus),
    }


def _sweep(config: StageConfig) -> Environment:
    return {
        "STALE_AFTER_SECONDS": str(config.stale_after_seconds),
        "CLEANUP_GRACE_SECONDS": str(config.cleanup_grace_seconds),
    }


def _web(config: StageConfig) -> Environment:
    return {"STAGE": config.stage, "CORS_ORIGINS": ",".join(config.cors_origins)}


def _sign_in(inspector: Inspector) -> Environment:
    # What an execution's ARN is appended to.
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
