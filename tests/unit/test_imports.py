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
    "html",
    "invoice_export.adapters.join_parts",
    "invoice_export.adapters.views",
    "invoice_export.contracts.email_events",
    "invoice_export.contracts.http",
    "invoice_export.contracts.run_ends",
    "invoice_export.contracts.workflow.reconcile_runs",
    "invoice_export.domain.manifest",
    "invoice_export.formats.csv",
    "invoice_export.formats.jsonl",
    "invoice_export.formats.xlsx",
    "isal",
    "jinja2",
    "jwt",
    "msgspec",
    "psycopg",
    "pydantic",
    "pydantic_settings",
    "s3transfer",
)
STEP = {"msgspec", "psycopg"}
QUEUE = {"aws_lambda_powertools.utilities.batch", "msgspec"}
TOKENS = {"cryptography", "jwt"}
LOADED = {
    "authorize": TOKENS | {"msgspec"},
    "compose_file": STEP
    | {"invoice_export.adapters.join_parts", "invoice_export.domain.manifest"},
    "deliver_events": QUEUE,
    "digest_audit_log": STEP,
    "finish_run": STEP,
    "http_api": STEP
    | TOKENS
    | {
        "pydantic",
        "aws_lambda_powertools.event_handler",
        "invoice_export.contracts.http",
    },
    "migrate_database": STEP | {"invoice_export.adapters.views"},
    "plan_pages": STEP,
    "reconcile_runs": STEP | {"invoice_export.contracts.workflow.reconcile_runs"},
    "record_email_events": STEP | QUEUE | {"invoice_export.contracts.email_events"},
    "send_email": STEP,
    "write_page": STEP | {"isal"},
}


READ_REQUEST = """
from invoice_export import datasets
from invoice_export.contracts.requests import model_of
model_of(datasets.load().default).model_validate({"format": "csv.gz"})
"""


COLLECT = """
import gc, sys
looks = []
def look(phase, info):
    if "invoice_export.errors" in sys.modules:
        looks.append(phase)
gc.callbacks.append(look)
import handler
print(len(looks))
"""


PLUGINS = """
import handler
from pydantic.plugin import _loader
print(_loader._plugins)
"""


def loaded(name: str, then: str = "") -> set[str]:
    """Return the heavy modules that a new interpreter loads with a handler."""
    code = f"import handler, sys\n{then}\nprint(*sys.modules, sep='\\n')"
    return set(output(name, code).split()) & set(HEAVY)


def output(name: str, code: str) -> str:
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
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_handler_loads_the_heavy_modules_of_its_row_and_no_other(name):
    assert loaded(name) == LOADED[name]


def test_a_request_loads_its_own_format_and_no_other():
    requested = loaded("http_api", READ_REQUEST) - loaded("http_api")
    assert requested == {"invoice_export.formats.csv"}


def test_no_plugins_of_pydantic_are_looked_for():
    assert output("http_api", PLUGINS) == "None\n"


@pytest.mark.parametrize("name", NAMES)
def test_no_garbage_is_looked_for_while_a_handler_loads(name):
    assert output(name, COLLECT) == "0\n"
