"""Reads a stage's configuration from the shell and ``-c name=value``."""

import dataclasses
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

from infra.config import (
    API_STAGE_NAME,
    ConfigError,
    Inspector,
    StageConfig,
)
from infra.context import aws_config
from infra.given import DatabaseAccess, TokenIssuer

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


def stage_config(
    *,
    stage: str,
    environment: Mapping[str, str],
    context: Mapping[str, str],
    host_architecture: str,
) -> StageConfig:
    """Return the configuration of one stage.

    The local stages read ``environment``, which the laptop stack sets. The ``aws``
    stage reads ``context`` only, so a forgotten variable of some shell never ends up
    in an account.
    """
    if stage == "aws":
        return aws_config(context)
    if stage == "local":
        return _local(environment)
    if stage == "localstack":
        # LocalStack runs the real runtimes on this machine's processor. It stores
        # layers and applies none.
        return dataclasses.replace(
            _local(environment),
            stage="localstack",
            name="localstack",
            runtime="python3.13",
            architecture=host_architecture,
            layer_target="localstack",
            functions_carry_layers=True,
            gateway_authorizer=False,
            api_tags={"_custom_id_": LOOPBACK_API_ID},
        )
    raise ConfigError(f"unknown stage {stage!r}: use -c stage=local, localstack or aws")


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
        name="local",
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
        # One: the engine answers a preflight with the first, whoever asks.
        cors_origins=tuple(filter(None, [environment.get("CORS_ORIGIN")])),
        layer_target="local",
        metrics=False,
        s3_addressing_style="auto",
        http_api_fetches_keys=True,
        # MiniStack's tag for a fixed id: the app link is known before deployment.
        api_tags={"ms-custom-id": LOOPBACK_API_ID},
        app_base_url=f"{endpoint}/_aws/execute-api/{LOOPBACK_API_ID}/{API_STAGE_NAME}",
        throttling_rate=1000,
        throttling_burst=2000,
        min_page_rows=50,
        # The engine and the workers share two cores.
        database_vcpus=1.5,
        max_running_exports=4,
        email_claim_seconds=60,
        stale_after_seconds=15,
        log_retention=logs.RetentionDays.ONE_WEEK,
        removal_policy=RemovalPolicy.DESTROY,
    )
