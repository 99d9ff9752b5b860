"""The deployed audit log: its daily digest, its proof in a file, and who changed it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from local.aws import CREDENTIALS, REGION, aws_client
from local.config import ROOT
from tests.e2e.conftest import Stack, Tenant
from tests.tampering import kept, rewrite, unbound
from tools.audit.__main__ import CHANGED, UNCHANGED

MINE = "organization_id = %(org)s AND "
ADD = """
INSERT INTO audit_logs (organization_id, action, payload, seq, previous_hash, hash)
SELECT organization_id, action, payload, {seq}, hash, hash FROM audit_logs
WHERE organization_id = %(org)s AND seq = 4
"""
HASH = f"UPDATE audit_logs SET hash = audit_hash(audit_logs) WHERE {MINE} seq = 5"
CUT = """
UPDATE lanes l SET audit_seq = a.seq, audit_hash = a.hash FROM audit_logs a
WHERE l.organization_id = %(org)s AND a.organization_id = %(org)s AND a.seq = 3
"""
# What an owner of the database does to four records, and what the command says.
CHANGES: list[tuple[str, list[str]]] = [
    (
        "altered: record 2 ",
        [f"UPDATE audit_logs SET actor = 'user_mallory' WHERE {MINE} seq = 2"],
    ),
    (
        "missing: record 2 is missing",
        [f"DELETE FROM audit_logs WHERE {MINE} seq = 2"],
    ),
    (
        "missing: record 4 is missing, and digest ",
        [f"DELETE FROM audit_logs WHERE {MINE} seq = 4", CUT],
    ),
    (
        "was written as record 2",
        [
            f"UPDATE audit_logs SET seq = -1 WHERE {MINE} seq = 2",
            f"UPDATE audit_logs SET seq = 2 WHERE {MINE} seq = 3",
            f"UPDATE audit_logs SET seq = 3 WHERE {MINE} seq = -1",
        ],
    ),
    (
        "added: another record has the place 3",
        [
            f"UPDATE audit_logs SET seq = seq + 1000 WHERE {MINE} seq > 2",
            f"UPDATE audit_logs SET seq = seq - 999 WHERE {MINE} seq > 1000",
            ADD.format(seq=3),
        ],
    ),
    (
        "added: the lane counts 4 records, and the last is record 5",
        [ADD.format(seq=5), HASH],
    ),
]


@dataclass(frozen=True)
class Log:
    """The audit log of one organisation, whose digest was taken."""

    tenant: Tenant
    bucket: str

    @property
    def owner_url(self) -> str:
        return self.tenant.stack.laptop.owner_database_url

    def verify(self, *arguments: str, digests: bool = True) -> tuple[int, str]:
        """Run what `make audit-verify` runs; return its verdict and what it says."""
        stored = ["--digests", f"s3://{self.bucket}"] if digests else []
        chosen = [*stored, "--org", self.tenant.id, *arguments]
        done = subprocess.run(
            [sys.executable, "-m", "tools.audit", *chosen],
            cwd=ROOT,
            env={
                **os.environ,
                **CREDENTIALS,
                "AWS_ENDPOINT_URL": self.tenant.stack.laptop.engine_url,
                "AWS_DEFAULT_REGION": REGION,
                "DATABASE_URL": self.owner_url,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stderr == ""
        return done.returncode, done.stdout

    def export(self, file: Path, format_: str = "csv") -> Path:
        """Export the log over HTTP into the file."""
        options = {"dataset": "audit-log", "format": format_}
        answer = self.tenant.http().post(self.tenant.path, json=options)
        assert answer.status_code == 202, answer.text
        run = self.tenant.wait(answer.json()["runId"])
        link = self.tenant.http().get(f"{self.tenant.path}/{run['runId']}/download")
        file.write_bytes(httpx.get(link.json()["url"], timeout=120).content)
        return file


def log_of(make_tenant: Callable[..., Tenant]) -> Log:
    """Make two exports, which leave four records, and let the function digest them."""
    tenant = make_tenant(invoices=60)
    for key in ("first", "second"):
        tenant.wait(tenant.start(key=key))
    function = digesting_function(tenant.stack)
    log = Log(tenant, function["Environment"]["Variables"]["DIGESTS_BUCKET"])
    forget_digest_of_today(tenant.stack, log.bucket)
    assert digest_audit_log(tenant.stack) == {"stored": True}
    return log


def digesting_function(stack: Stack) -> dict[str, Any]:
    functions = aws_client(stack.laptop, "lambda").get_paginator("list_functions")
    (function,) = [
        function
        for page in functions.paginate()
        for function in page["Functions"]
        if "DigestAuditLog" in function["FunctionName"]
    ]
    return dict(function)


def digest_audit_log(stack: Stack) -> dict[str, Any]:
    answer = aws_client(stack.laptop, "lambda").invoke(
        FunctionName=digesting_function(stack)["FunctionName"], Payload=b"{}"
    )
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def forget_digest_of_today(stack: Stack, bucket: str) -> None:
    """Let a stack take today's digest again; a laptop's bucket has no lock."""
    s3 = aws_client(stack.laptop, "s3")
    found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    if found:
        newest = max(item["Key"] for item in found)
        s3.delete_object(Bucket=bucket, Key=newest)


def change(owner: psycopg.Connection, statements: list[str], org: str) -> None:
    for statement in statements:
        owner.execute(statement.encode(), {"org": org})


def test_untouched_log_agrees_with_the_digest_of_the_day(
    make_tenant: Callable[..., Tenant],
) -> None:
    log = log_of(make_tenant)
    assert log.verify() == (
        UNCHANGED,
        f"{log.tenant.id}: 4 records, nothing was changed\n",
    )
    # What happens later the same day waits for the next digest.
    log.tenant.wait(log.tenant.start(key="third"))
    assert digest_audit_log(log.tenant.stack) == {"stored": False}
    assert log.verify() == (
        UNCHANGED,
        f"{log.tenant.id}: 6 records, nothing was changed\n",
    )


def test_each_change_by_the_databases_owner_is_found_and_named(
    make_tenant: Callable[..., Tenant],
) -> None:
    log = log_of(make_tenant)
    for said, statements in CHANGES:
        with kept(log.owner_url, log.tenant.id):
            with unbound(log.owner_url) as owner:
                change(owner, statements, log.tenant.id)
            verdict, told = log.verify()
            assert verdict == CHANGED, said
            assert said in told
            assert "docs/runbook.md" in told
        assert log.verify()[0] == UNCHANGED, said


def test_chain_that_was_computed_again_is_found_by_the_digest_alone(
    make_tenant: Callable[..., Tenant], tmp_path: Path
) -> None:
    log = log_of(make_tenant)
    with kept(log.owner_url, log.tenant.id):
        with unbound(log.owner_url) as owner:
            change(owner, CHANGES[0][1], log.tenant.id)
            rewrite(owner, log.tenant.id)
        verdict, told = log.verify(digests=False)
        assert verdict == UNCHANGED
        assert "Without digests nobody can tell" in told
        verdict, told = log.verify()
        assert verdict == CHANGED
        assert "rewritten: record 4 is another one than in digest" in told
        # A file that is exported afterwards agrees with itself, not with the digest.
        file = log.export(tmp_path / "rewritten.csv")
        assert log.verify("--file", str(file), digests=False)[0] == UNCHANGED
        verdict, told = log.verify("--file", str(file))
        assert verdict == CHANGED
        assert "record 4 is another one than in digest" in told


def test_audit_log_that_was_downloaded_proves_its_records(
    make_tenant: Callable[..., Tenant], tmp_path: Path
) -> None:
    log = log_of(make_tenant)
    # Each export sees the records before it and that of its own request; three follow:
    # its end, its download, and the next request.
    for count, name in ((5, "csv"), (8, "jsonl"), (11, "xlsx")):
        file = log.export(tmp_path / f"audit-log.{name}", name)
        assert log.verify("--file", str(file)) == (
            UNCHANGED,
            f"{file}: {count} records, 1 to {count}, nothing was changed\n",
        )
    file = tmp_path / "audit-log.csv"
    text = file.read_text()
    file.write_text(text.replace(log.tenant.users[0], "user_mallory", 1))
    verdict, told = log.verify("--file", str(file))
    assert verdict == CHANGED
    assert "altered: record 1 " in told
