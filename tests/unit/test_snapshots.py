"""What a snapshot of a started function holds, which every copy of it begins with."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.parent.name for path in ROOT.glob("lambdas/*/handler.py"))

# The clients that a call creates.
SERVICES = {
    "compose_file": ["s3"],
    "deliver_events": ["events"],
    "digest_audit_log": ["s3"],
    "finish_run": ["s3", "stepfunctions"],
    "http_api": ["s3", "stepfunctions"],
    "reconcile_runs": ["s3", "ses", "sqs", "stepfunctions"],
    "send_email": ["ses"],
    "write_page": ["s3"],
}


@cache
def snapshot(name: str) -> dict[str, Any]:
    folders = [ROOT / "lambdas" / name, ROOT / "layers/invoice_export/python"]
    done = subprocess.run(
        [
            sys.executable,
            Path(__file__).with_name("snapshot.py"),
            *SERVICES.get(name, []),
        ],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_snapshot_holds_no_connection_client_or_credentials(name):
    assert snapshot(name)["held"] == []
    assert snapshot(name)["connected"] == []


@pytest.mark.parametrize("name", NAMES)
def test_two_copies_of_a_snapshot_draw_different_numbers(name):
    one, other = snapshot(name)["draws"]
    assert one != other


@pytest.mark.parametrize("name", NAMES)
def test_snapshot_holds_every_model(name):
    assert snapshot(name)["models"] == []


@pytest.mark.parametrize("name", NAMES)
def test_snapshot_holds_every_format_that_a_request_may_name(name):
    assert snapshot(name)["formats"] == []


@pytest.mark.parametrize("name", SERVICES)
def test_snapshot_holds_what_clients_are_made_of(name):
    assert snapshot(name)["read"] == []
