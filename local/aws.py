"""AWS clients that talk to the stack's own engine, with credentials of no worth."""

from typing import Any

import boto3
from botocore.config import Config

from local.config import Laptop

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def aws_client(laptop: Laptop, service: Any) -> Any:
    """A client for ``service``; whatever the developer's own AWS profile says."""
    return boto3.client(
        service,
        endpoint_url=laptop.engine_url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(
            # A cold migration may take its time; a dead engine must not.
            read_timeout=120,
            connect_timeout=5,
            retries={"total_max_attempts": 2},
            s3={"addressing_style": "path"},
        ),
    )
