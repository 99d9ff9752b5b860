"""Fixtures for every suite: a real PostgreSQL, AWS in moto, a world to act in."""

import os

# moto answers whatever is not stopped here; nothing may reach the real AWS.
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_REGION="us-east-1",
    POWERTOOLS_SERVICE_NAME="invoice-export",
    POWERTOOLS_METRICS_NAMESPACE="invoice-export",
)
# One that is given for the end-to-end suite is for that suite alone.
if given := os.environ.pop("AWS_ENDPOINT_URL", None):
    os.environ["E2E_ENDPOINT_URL"] = given

pytest_plugins = [
    "tests.fix_postgres",
    "tests.fix_world",
    "tests.fix_api",
    "tests.fix_faults",
    "tests.fix_time_entries",
]
