"""The world of a test: steps that use moto and a database for this test alone."""

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

from invoice_export.adapters.histories import Histories
from invoice_export.adapters.mail import Mailer
from invoice_export.domain.manifest import Manifest
from invoice_export.domain.requests import ExportRequest
from invoice_export.settings import FileSettings
from invoice_export.steps.plan_pages import PagePolicy
from invoice_export.steps.reconcile_runs import Sweep
from invoice_export.steps.send_email import EmailPolicy
from invoice_export.steps.start_export import Accepted
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from invoice_export.wiring.executions import make_executions
from invoice_export.wiring.files import make_files
from invoice_export.wiring.histories import make_histories
from tests.driver import APP, DATASETS, FILE_RETENTION_DAYS, Driver
from tests.fix_postgres import TestDatabase

BUCKET = "files"
SENDER = "exports@invoice-export.example"
ROLE = "arn:aws:iam::123456789012:role/states"
DEFINITION = (
    '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": true}}}'
)

# The cells that the file must hold. The guard is written differently from the code
# under test.
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


@dataclass(kw_only=True)
class World(Driver):
    """A driver with its own dependencies and shortcuts to inspect the result."""

    histories: Histories
    owner: psycopg.Connection[dict[str, Any]]
    pages: PagePolicy = PagePolicy(min_rows=50, max_rows=100, database_vcpus=1)
    email: EmailPolicy = EmailPolicy(
        claim_seconds=60, file_retention_days=FILE_RETENTION_DAYS, app_base_url=APP
    )

    @property
    def sweep(self) -> Sweep:
        return self.sweeper()

    def start(
        self,
        organization: str = "org_acme",
        user: str = "user_alice",
        key: str | None = None,
        request: ExportRequest | None = None,
    ) -> Accepted:
        return super().start(organization, user, key=key, request=request)

    def rows(
        self, statement: str, *params: Any, org: str = "org_acme"
    ) -> list[dict[str, Any]]:
        """Runs a statement as the owner, within one organisation."""
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

    def manifest(self, run_id: UUID) -> Manifest:
        key = f"exports/org_acme/{run_id}/manifest.json"
        body = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return Manifest.of_json(body.decode())

    def add_invoice(self, number: str, **cells: object) -> None:
        columns = {
            "organization_id": "org_acme",
            "number": number,
            "customer_name": "Umbrella",
            "status": "paid",
            "total": 1,
            "currency": "EUR",
            "created_at": "2024-01-01 00:00:00+00",
            **cells,
        }
        names = ", ".join(columns)
        marks = ", ".join(["%s"] * len(columns))
        statement = f"INSERT INTO invoices ({names}) VALUES ({marks})"
        self.rows(statement, *columns.values())

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

    def sent(self) -> list[Any]:
        return ses_backends["123456789012"]["us-east-1"].sent_messages


@pytest.fixture
def aws() -> Iterator[None]:
    # Keep one boto3 session for all tests: a new one parses the S3 model again.
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
    db = Database(connector(database.app_url), DATASETS)
    yield World(
        db=db,
        files=make_files(FileSettings(files_bucket=BUCKET)),
        mailer=Mailer(boto3.client("ses"), SENDER),
        executions=make_executions(machine),
        histories=make_histories(machine),
        owner=owner,
    )
    db.close()
    owner.close()
