"""The world of a test: the steps' dependencies over moto and a database of its own."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import boto3
import psycopg
import pytest
from moto import mock_aws
from moto.ses.models import ses_backends
from psycopg.rows import dict_row

from invoice_export import wiring
from invoice_export.adapters.executions import Executions
from invoice_export.adapters.files import Files
from invoice_export.adapters.histories import Histories
from invoice_export.adapters.mail import Mailer
from invoice_export.contracts.http import StartExportRequest
from invoice_export.contracts.workflow import (
    PlanItem,
    RunRef,
    SendEmailInput,
    WritePageInput,
)
from invoice_export.domain.emails import EmailKind
from invoice_export.domain.runs import RunStatus
from invoice_export.exported import INVOICES
from invoice_export.steps.compose_file import compose_file
from invoice_export.steps.finish_run import finish_run
from invoice_export.steps.launch_execution import launch_execution
from invoice_export.steps.plan_pages import PagePolicy, plan_pages
from invoice_export.steps.reconcile_runs import Sweep, SweepPolicy
from invoice_export.steps.send_email import EmailPolicy, send_email
from invoice_export.steps.start_export import Accepted, LanePolicy, start_export
from invoice_export.steps.write_page import write_page
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from tests.fix_postgres import TestDatabase

BUCKET = "files"
SENDER = "exports@invoice-export.example"
APP = "https://app.example"
ROLE = "arn:aws:iam::123456789012:role/states"
DEFINITION = (
    '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": true}}}'
)

# What an independent reader of the database expects in the file, cell by cell. The
# guard is spelled out here in other words than in the code under test.
GUARDED = r"""
regexp_replace(
  regexp_replace({}, '^([=+@\t\r\n-])', '''\1'),
  '([;\t\r\n])(?="*[=+@-])', '\1''', 'g'
)
"""
EXPECTED = f"""
SELECT id::text,
       {GUARDED.format("number")} AS number,
       {GUARDED.format("customer_name")} AS "customerName",
       status,
       total::text AS total,
       {GUARDED.format("currency")} AS currency,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
         AS "createdAt",
       coalesce(to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '')
         AS "dueAt"
FROM invoices
WHERE organization_id = %s
ORDER BY created_at, id
"""


@dataclass
class World:
    """Everything a step may be given, and short ways to drive and to look."""

    db: Database
    files: Files
    mailer: Mailer
    executions: Executions
    histories: Histories
    owner: psycopg.Connection[dict[str, Any]]
    lane: LanePolicy = LanePolicy(
        max_running=10, max_queued_per_organization=10, part_retention_days=3
    )
    pages: PagePolicy = PagePolicy(min_rows=50, max_rows=100, database_vcpus=1)
    email: EmailPolicy = EmailPolicy(
        claim_seconds=60, file_retention_days=7, app_base_url=APP
    )

    @property
    def sweep(self) -> Sweep:
        return Sweep(
            db=self.db,
            executions=self.executions,
            files=self.files,
            mailer=self.mailer,
            policy=SweepPolicy(
                stale_after_seconds=0,
                cleanup_grace_seconds=0,
                max_running=self.lane.max_running,
                email=self.email,
            ),
        )

    def start(
        self,
        organization: str = "org_acme",
        user: str = "user_alice",
        key: str | None = None,
        request: StartExportRequest | None = None,
    ) -> Accepted:
        accepted = start_export(
            self.db,
            organization_id=organization,
            requested_by=user,
            idempotency_key=key,
            policy=self.lane,
            request=request,
        )
        if accepted.start is not None:
            launch_execution(self.db, self.executions, accepted.start)
        return accepted

    def plan(self, run: RunRef) -> list[PlanItem]:
        return plan_pages(self.db, run, self.pages).pages

    def write(self, run: RunRef, page: PlanItem) -> None:
        write_page(self.db, self.files, WritePageInput(**run.model_dump(), page=page))

    def compose(self, run: RunRef) -> None:
        compose_file(self.db, self.files, run, app_base_url=APP, file_retention_days=7)

    def mail(self, run: RunRef, kind: EmailKind = EmailKind.COMPLETED) -> str | None:
        mail = SendEmailInput(**run.model_dump(), kind=kind)
        return send_email(self.db, self.mailer, mail, self.email).email

    def finish(self, run: RunRef, error: str | None = None) -> RunStatus:
        return finish_run(
            self.db,
            self.files,
            self.executions,
            run,
            error=error,
            max_running=self.lane.max_running,
        )

    def run_to_end(self, run: RunRef) -> RunStatus:
        for page in self.plan(run):
            self.write(run, page)
        self.compose(run)
        self.mail(run)
        return self.finish(run)

    def rows(
        self, statement: str, *params: Any, org: str = "org_acme"
    ) -> list[dict[str, Any]]:
        """What the owner sees in one organisation."""
        with self.owner.transaction():
            self.owner.execute("SELECT set_config('app.org_id', %s, true)", [org])
            cursor = self.owner.execute(statement, params)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def run(self, run_id: UUID, org: str = "org_acme") -> dict[str, Any]:
        return self.rows("SELECT * FROM exports WHERE id = %s", run_id, org=org)[0]

    def file(self, run_id: UUID, org: str = "org_acme") -> bytes:
        statement = "SELECT object_key FROM exports WHERE id = %s"
        key = self.rows(statement, run_id, org=org)[0]["object_key"]
        body: bytes = (
            boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
        )
        return body

    def records(self, run_id: UUID, org: str = "org_acme") -> list[dict[str, str]]:
        text = self.file(run_id, org).decode()
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def expected(self, org: str = "org_acme") -> list[dict[str, str]]:
        return self.rows(EXPECTED, org, org=org)

    def audits(self, event: str, org: str = "org_acme") -> list[dict[str, Any]]:
        return self.rows(
            "SELECT * FROM audit_logs WHERE action = %s"
            " AND created_at > now() - interval '1 day' ORDER BY id",
            f"export.invoices.{event}",
            org=org,
        )

    def keys(self, prefix: str = "") -> list[str]:
        found = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for item in found.get("Contents", [])]

    def sent(self) -> list[PlanItem]:
        return ses_backends["123456789012"]["us-east-1"].sent_messages


@pytest.fixture
def aws() -> Iterator[None]:
    # One boto3 session for all tests: a new one parses the models of S3 anew.
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
        yield


@pytest.fixture
def world(database: TestDatabase, aws: None) -> Iterator[World]:
    machine = boto3.client("stepfunctions").create_state_machine(
        name="exports", definition=DEFINITION, roleArn=ROLE
    )["stateMachineArn"]
    owner = psycopg.connect(database.owner_url, autocommit=True, row_factory=dict_row)
    db = Database(connector(database.app_url), INVOICES)
    yield World(
        db=db,
        files=Files(boto3.client("s3", config=wiring.SIGNATURE_V4), BUCKET),
        mailer=Mailer(boto3.client("ses"), SENDER),
        executions=wiring.executions(machine),
        histories=wiring.histories(machine),
        owner=owner,
    )
    db.close()
    owner.close()
