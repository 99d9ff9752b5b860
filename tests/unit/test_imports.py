"""What each handler loads as it starts: a cold start pays for every module."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.parent.name for path in ROOT.glob("lambdas/*/handler.py"))

# Each takes as long to import as a good part of a step.
HEAVY = (
    "argparse",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.event_handler.openapi.models",
    "aws_lambda_powertools.utilities.batch",
    "boto3",
    "botocore.client",
    "cryptography",
    "invoice_export.adapters.views",
    "invoice_export.contracts.http",
    "isal",
    "jinja2",
    "jwt",
    "psycopg",
    "pydantic",
    "pydantic_settings",
    "s3transfer",
)
STEP = {"psycopg", "pydantic"}
QUEUE = {"aws_lambda_powertools.utilities.batch", "pydantic"}
TOKENS = {"cryptography", "jwt", "pydantic"}
LOADED = {
    "authorize": TOKENS,
    "compose_file": STEP,
    "deliver_events": QUEUE,
    "digest_audit_log": STEP,
    "finish_run": STEP,
    "http_api": STEP
    | TOKENS
    | {"aws_lambda_powertools.event_handler", "invoice_export.contracts.http"},
    "migrate_database": STEP | {"invoice_export.adapters.views"},
    "plan_pages": STEP,
    "reconcile_runs": STEP,
    "record_email_events": STEP | QUEUE,
    "send_email": STEP,
    "write_page": STEP | {"isal"},
}


def loaded(name: str) -> set[str]:
    """Return the heavy modules that a new interpreter loads with a handler."""
    code = "import handler, sys; print(*sys.modules, sep='\\n')"
    package = ROOT / "layers/invoice_export/python"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'lambdas' / name}{os.pathsep}{package}",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split()) & set(HEAVY)


@pytest.mark.parametrize("name", NAMES)
def test_handler_loads_the_heavy_modules_of_its_row_and_no_other(name):
    assert loaded(name) == LOADED[name]
