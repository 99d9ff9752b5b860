"""AWS clients for the stack's own engine, with dummy credentials."""

from typing import Any

import boto3
from botocore.config import Config

from local.config import Laptop

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def aws_client(laptop: Laptop, service: Any) -> Any:
    """Return a client for ``service`` that ignores the developer's AWS profile."""
    return boto3.client(
        service,
        endpoint_url=laptop.engine_url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(
            # A migration that starts cold is slow; a dead engine is noticed at once.
            read_timeout=120,
            connect_timeout=5,
            retries={"total_max_attempts": 2},
            # Over HTTPS, a body with a checksum is not hashed to sign it.
            s3={"addressing_style": "path", "payload_signing_enabled": False},
        ),
    )
