"""A small world in which faults happen: real steps, real PostgreSQL, AWS in moto."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import boto3
import psycopg
from botocore.config import Config
from moto.s3.models import s3_backends
from moto.ses.models import ses_backends
from moto.stepfunctions.models import stepfunctions_backends
from psycopg.rows import dict_row

from invoice_export import exported
from invoice_export.adapters.executions import Executions
from invoice_export.adapters.files import Files
from invoice_export.adapters.mail import Mailer
from invoice_export.api.service import Service
from invoice_export.contracts.workflow import (
    FinishRunInput,
    RunRef,
    SendEmailInput,
    WritePageInput,
)
from invoice_export.domain.runs import RunStatus
from invoice_export.errors import RequestError, TransientError
from invoice_export.steps import (
    cancel_export as cancelling,
)
from invoice_export.steps import (
    compose_file as composing,
)
from invoice_export.steps import (
    finish_run as finishing,
)
from invoice_export.steps import (
    plan_pages as planning,
)
from invoice_export.steps import (
    reconcile_runs as reconciling,
)
from invoice_export.steps import (
    retry_export as retrying,
)
from invoice_export.steps import (
    send_email as mailing,
)
from invoice_export.steps import (
    start_export as starting,
)
from invoice_export.steps import (
    write_page as writing,
)
from invoice_export.store.database import Database
from tests.faults.injector import (
    Died,
    FaultyClient,
    Injector,
    faulty_connector,
)
from tests.faults.machine import MACHINE_ARN, Execution

ACCOUNT, REGION = "123456789012", "us-east-1"
BUCKET = "files"
SENDER = "exports@invoice-export.example"
APP = "https://app.example"
# Nobody looks at these here, and they are a tenth of a call.
LEAN = Config(user_agent="laboratory", parameter_validation=False)
DEFINITION = '{"StartAt": "X", "States": {"X": {"Type": "Succeed"}}}'
INVOICES = {"org_acme": 5, "org_globex": 3}
ORGANIZATIONS = ("org_acme", "org_globex", "org_initech", "org_empty")
USERS = {
    "user_alice": "org_acme",
    "user_bob": "org_acme",
    "user_carol": "org_acme",
    "user_dave": "org_globex",
    "user_erin": "org_initech",
    "user_frank": "org_empty",
}
EMPTY_AGAIN = """
DELETE FROM event_outbox; DELETE FROM webhook_endpoints;
DELETE FROM email_deliveries; DELETE FROM export_pages; DELETE FROM execution_starts;
DELETE FROM audit_logs; DELETE FROM exports; DELETE FROM email_suppressions;
DELETE FROM email_soft_bounces; UPDATE organizations SET lane_seq = 0;
"""
FEW_INVOICES = """
DELETE FROM invoices i USING (
  SELECT id, row_number() OVER (PARTITION BY organization_id ORDER BY created_at, id)
  AS n FROM invoices) x
WHERE x.id = i.id AND x.n > CASE i.organization_id WHEN 'org_acme' THEN 5 ELSE 3 END
"""

# Called as an execution enters a state, for the n-th time of that name.
Script = Callable[["Laboratory", RunRef, str, int], None]


class Ear(logging.Handler):
    """Keeps all that is logged, to look for what must not be."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(str(record.__dict__))


@dataclass
class Laboratory:
    """Starts, drives, breaks and looks; everything is emptied between two runs."""

    app_url: str
    admin: psycopg.Connection[Any]
    injector: Injector = field(default_factory=Injector)
    max_running: int = 10
    events: bool = True
    script: Script | None = None
    outputs: list[Any] = field(default_factory=list)
    entered: dict[str, int] = field(default_factory=dict)
    steps_taken: int = 0
    # How often a scenario's own script got in the way.
    disturbances: int = 0
    # Each execution that was played: its run, how it ended, and its error.
    endings: list[tuple[RunRef, str, str | None]] = field(default_factory=list)
    ear: Ear = field(default_factory=Ear)
    idle: list[Database] = field(default_factory=list)

    @classmethod
    def build(cls, app_url: str, admin_url: str) -> "Laboratory":
        """Only within ``mock_aws``."""
        admin = psycopg.connect(admin_url, autocommit=True, row_factory=dict_row)
        admin.execute(FEW_INVOICES)
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
        boto3.client("stepfunctions").create_state_machine(
            name="exports",
            definition=DEFINITION,
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
        )
        return cls(app_url, admin)

    def __post_init__(self) -> None:
        logging.getLogger().addHandler(self.ear)
        faulty = self.injector
        self.s3 = boto3.client("s3", config=LEAN)
        self.db = self.new_database()
        s3: Any = FaultyClient(self.s3, faulty)
        ses: Any = FaultyClient(boto3.client("ses", config=LEAN), faulty)
        sfn: Any = FaultyClient(boto3.client("stepfunctions", config=LEAN), faulty)
        self.files = Files(s3, BUCKET)
        self.mailer = Mailer(ses, SENDER)
        self.executions = Executions(sfn, MACHINE_ARN)
        self.bucket = s3_backends[ACCOUNT]["aws"].buckets[BUCKET]
        self.machine = stepfunctions_backends[ACCOUNT][REGION].state_machines[0]
        self.ses = ses_backends[ACCOUNT][REGION]
        for backend in (
            s3_backends[ACCOUNT]["aws"],
            self.ses,
            stepfunctions_backends[ACCOUNT][REGION],
        ):
            _remember_urls(backend)

    def new_database(self) -> Database:
        connect = faulty_connector(self.app_url, self.injector)
        return Database(connect, exported.INVOICES)

    def reset(self) -> None:
        self.injector.reset(None)
        self.admin.execute(EMPTY_AGAIN)
        self.bucket.keys.clear()
        self.bucket.multiparts.clear()
        self.machine.executions.clear()
        self.ses.sent_messages.clear()
        self.max_running, self.events, self.script = 10, True, None
        self.outputs, self.entered = [], {}
        self.ear.heard.clear()
        self.endings.clear()
        self.steps_taken = self.disturbances = 0

    # Looking

    def rows(self, statement: str, *params: Any) -> list[dict[str, Any]]:
        """What a superuser sees, in all organisations."""
        cursor = self.admin.execute(statement, params)
        return cursor.fetchall() if cursor.description else []

    def run(self, run_id: UUID) -> dict[str, Any]:
        return self.rows("SELECT * FROM exports WHERE id = %s", run_id)[0]

    def execution(self, name: str) -> Any:
        for execution in self.machine.executions:
            if execution.name == name:
                return execution
        return None

    # People

    @property
    def policy(self) -> starting.LanePolicy:
        return starting.LanePolicy(
            max_running=self.max_running,
            max_queued_per_organization=20,
            part_retention_days=3,
        )

    @property
    def service(self) -> Service:
        # Only what acts: nobody signs in here, and nobody looks at pages.
        unused: Any = dict.fromkeys(Service.__dataclass_fields__)
        return Service(
            **unused
            | {
                "db": self.db,
                "files": self.files,
                "executions": self.executions,
                "policy": self.policy,
            }
        )

    def click(self, user: str, key: str | None = None) -> UUID | None:
        """POST a start; None when no answer came."""

        def act() -> UUID:
            accepted = starting.start_export(
                self.db,
                organization_id=USERS[user],
                requested_by=user,
                idempotency_key=key,
                policy=self.policy,
            )
            self.service.launch(accepted.start)
            return accepted.run.id

        return self.act_as("start", act)

    def cancel(self, run_id: UUID, user: str) -> None:
        def act() -> None:
            cancelled = cancelling.cancel_export(
                self.db,
                organization_id=USERS[user],
                run_id=run_id,
                user_id=user,
                role="owner",  # type: ignore[arg-type]
                max_running=self.max_running,
            )
            self.service.launch(cancelled.start)
            self.service.clean_up(cancelled)

        self.act_as("cancel", act)

    def retry(self, run_id: UUID, user: str) -> None:
        def act() -> None:
            accepted = retrying.retry_export(
                self.db,
                organization_id=USERS[user],
                run_id=run_id,
                user_id=user,
                role="owner",  # type: ignore[arg-type]
                policy=self.policy,
            )
            self.service.launch(accepted.start)

        self.act_as("retry", act)

    def act_as(self, label: str, act: Callable[[], Any]) -> Any:
        """Run one process of its own; what becomes of it is its caller's to find out.

        A process within a process (a script) leaves the outer one as it was.
        """
        injector = self.injector
        outer = injector.label, injector.visit, injector.dead
        own = self.idle.pop() if self.idle else self.new_database()
        db, self.db = self.db, own
        self.steps_taken += 1
        injector.run_as(label, self.steps_taken)
        try:
            return act()
        except Died:
            injector.dead = False
            own.close()
            return None
        except (TransientError, RequestError):
            return None
        finally:
            self.idle.append(own)
            self.db = db
            injector.label, injector.visit, injector.dead = outer

    # The engine

    def drive(self) -> None:
        """Run executions to their end, oldest first, until none is left to run."""
        driven: set[str] = set()
        while True:
            waiting = [
                execution
                for execution in self.machine.executions
                if execution.status == "RUNNING" and execution.name not in driven
            ]
            if not waiting:
                return
            driven.add(waiting[0].name)
            self._play(waiting[0])

    def _play(self, execution: Any) -> None:
        ref = RunRef.model_validate_json(execution.execution_input)

        def stop() -> None:
            if execution.status == "RUNNING":
                execution.status = "ABORTED"

        def enter(name: str) -> None:
            self.steps_taken += 1
            count = self.entered.get(name, 0) + 1
            self.entered[name] = count
            if self.script is not None:
                self.script(self, ref, name, count)

        self.injector.stop = stop
        player = Execution(
            ref.dump(),
            invoke=self._invoke,
            stopped=lambda: execution.status != "RUNNING",
            wait=self._wait,
            enter=enter,
        )
        status, error = player.run()
        if execution.status == "RUNNING":
            execution.status = status
            execution.error = error
        self.endings.append((ref, execution.status, error))
        self.outputs.append(player.history)
        if self.events:
            self.act_as("event", lambda: self.sweep(only=ref, stale=3600))

    def _invoke(self, function: str, label: str, payload: dict[str, Any]) -> Any:
        self.injector.run_as(label, self.steps_taken)
        try:
            return FUNCTIONS[function](self, payload)
        except Died:
            # Its connection goes with it, and what it had not committed.
            self.injector.dead = False
            self.db.close()
            raise

    def _wait(self, error: str, seconds: float) -> None:
        if error == "EmailOutcomePendingError":
            self.pass_time(seconds)

    def pass_time(self, seconds: float) -> None:
        """Claims are all that the clock decides here."""
        self.admin.execute(
            "UPDATE email_deliveries SET claim_expires_at ="
            " claim_expires_at - make_interval(secs => %s)",
            [seconds],
        )

    def sweep(self, only: RunRef | None = None, stale: int = 0) -> Any:
        return reconciling.reconcile_runs(
            reconciling.Sweep(
                db=self.db,
                executions=self.executions,
                files=self.files,
                mailer=self.mailer,
                policy=reconciling.SweepPolicy(
                    stale_after_seconds=stale,
                    cleanup_grace_seconds=stale,
                    max_running=self.max_running,
                    email=EMAIL,
                ),
            ),
            only,
        )

    def settle(self) -> None:
        """An hour passes and the sweep comes by; once more if that went wrong too."""
        self.drive()
        faults = -1
        while faults != self.injector.fired + self.disturbances:
            faults = self.injector.fired + self.disturbances
            self.pass_time(3600)
            self.act_as("sweep", self.sweep)
            self.drive()

    # The functions, as their handlers call them

    def plan_pages(self, payload: dict[str, Any]) -> Any:
        policy = planning.PagePolicy(min_rows=3, max_rows=10, database_vcpus=1)
        return planning.plan_pages(self.db, RunRef.parse(payload), policy).dump()

    def write_page(self, payload: dict[str, Any]) -> Any:
        page = WritePageInput.parse(payload)
        return writing.write_page(self.db, self.files, page).dump()

    def compose_file(self, payload: dict[str, Any]) -> Any:
        return composing.compose_file(
            self.db,
            self.files,
            RunRef.parse(payload),
            app_base_url=APP,
            file_retention_days=7,
        ).dump()

    def send_email(self, payload: dict[str, Any]) -> Any:
        mail = SendEmailInput.parse(payload)
        return mailing.send_email(self.db, self.mailer, mail, EMAIL).dump()

    def finish_run(self, payload: dict[str, Any]) -> Any:
        run = FinishRunInput.parse(payload)
        status: RunStatus = finishing.finish_run(
            self.db,
            self.files,
            self.executions,
            run.ref,
            error=run.error.error if run.error else None,
            max_running=self.max_running,
        )
        return {"status": status.value}


def _remember_urls(backend: Any) -> None:
    """moto works them out for every call, of S3 by loading a module: a fifth of it."""
    type(backend).urls = backend.urls


EMAIL = mailing.EmailPolicy(claim_seconds=120, file_retention_days=7, app_base_url=APP)
FUNCTIONS: dict[str, Callable[[Laboratory, dict[str, Any]], Any]] = {
    "PlanPages": Laboratory.plan_pages,
    "WritePage": Laboratory.write_page,
    "ComposeFile": Laboratory.compose_file,
    "SendEmail": Laboratory.send_email,
    "FinishRun": Laboratory.finish_run,
}
