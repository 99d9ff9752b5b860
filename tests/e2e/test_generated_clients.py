"""Clients that generators make of docs/openapi.json run an export each."""

import csv
import io
import os
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from local.config import ROOT
from local.issuer import Issuer
from tests.e2e.conftest import Tenant

SCRIPTS = ROOT / "tests" / "clients"
PYTHON = ROOT / ".venv-clients" / "bin"


def run(folder: Path, *command: str | Path, **variables: str) -> bytes:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return done.stdout


@pytest.fixture
def tenant(make_tenant: Callable[..., Tenant]) -> Tenant:
    return make_tenant(invoices=120)


@pytest.fixture
def variables(tenant: Tenant) -> dict[str, str]:
    return {
        "EXPORT_URL": tenant.stack.facts["api_url"],
        "TOKEN": Issuer(tenant.stack.laptop).token(tenant.users[0]),
        "ORGANIZATION": tenant.id,
    }


def assert_equals_database(file: bytes, tenant: Tenant) -> None:
    """The file has what both scripts ask for: two columns, and no total below -49.5."""
    text = io.StringIO(file.decode(), newline="")
    expected = [
        [number, total]
        for _, number, _, _, total, *_ in tenant.expected_rows()
        if Decimal(total) >= Decimal("-49.5")
    ]
    assert 0 < len(expected) < 120
    assert list(csv.reader(text)) == [["number", "total"], *expected]


def test_generated_python_client_runs_an_export(
    tenant: Tenant, variables: dict[str, str], tmp_path: Path
) -> None:
    if not PYTHON.exists():
        pytest.skip("the generator is missing: make .venv-clients/.stamp")
    run(
        tmp_path,
        PYTHON / "openapi-python-client",
        *("generate", "--meta", "none", "--output-path", "export_client"),
        *("--fail-on-warning", "--path", ROOT / "docs" / "openapi.json"),
        # It formats what it writes with ruff.
        PATH=f"{PYTHON}{os.pathsep}{os.environ['PATH']}",
    )
    search = {"PYTHONPATH": str(tmp_path)}
    file = run(
        tmp_path, PYTHON / "python", SCRIPTS / "export.py", **variables, **search
    )
    assert_equals_database(file, tenant)


def test_generated_typescript_client_runs_an_export(
    tenant: Tenant, variables: dict[str, str], tmp_path: Path
) -> None:
    modules = tmp_path / "node_modules"
    modules.mkdir()
    (modules / "invoice-export-web").symlink_to(ROOT / "web")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    script = tmp_path / "export.ts"
    script.write_text((SCRIPTS / "export.ts").read_text("utf-8"))
    tsc = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
    options = ("--target", "es2022", "--lib", "es2022,dom", "--module", "esnext")
    strict = ("--strict", "--moduleResolution", "bundler")
    run(tmp_path, "node", tsc, *options, *strict, script)
    file = run(tmp_path, "node", "export.js", **variables)
    assert_equals_database(file, tenant)
