"""An environment for faults: real steps, real PostgreSQL, AWS in moto."""

import logging
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from invoice_export.adapters import views
from invoice_export.adapters.executions import Executions
from invoice_export.adapters.files import Files
from invoice_export.adapters.mail import Mailer
from invoice_export.contracts.events import Delivery
from invoice_export.contracts.workflow.finish_run import FinishResult, FinishRunInput
from invoice_export.contracts.workflow.plan_pages import PagePlan
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.contracts.workflow.send_email import EmailResult, SendEmailInput
from invoice_export.contracts.workflow.write_page import WritePageInput
from invoice_export.domain.dataset import Datasets
from invoice_export.steps import deliver_event
from invoice_export.steps.plan_pages import PagePolicy
from invoice_export.steps.publish_events import publish_events
from invoice_export.steps.send_email import EmailPolicy
from invoice_export.steps.start_export import LanePolicy
from tests.driver import APP, FILE_RETENTION_DAYS
from tests.faults.cloud import BUCKET, SENDER, Cloud
from tests.faults.dataset import LABORATORY
from tests.faults.injector import Died, FaultyClient, Injector
from tests.faults.machine import MACHINE_ARN, Execution, Invoke, Wait
from tests.faults.people import People, faulty_database

LANE = LanePolicy(max_running=10, max_queued_per_organization=20, part_retention_days=3)
PAGES = PagePolicy(min_rows=3, max_rows=10, database_vcpus=1)
EMAIL = EmailPolicy(
    claim_seconds=120, file_retention_days=FILE_RETENTION_DAYS, app_base_url=APP
)
EVENT_DELAY_SECONDS = 3600
# Where the queries of the administrator find their tables.
SEARCH_PATH = "SET search_path = sample, invoice_export"
EMPTY_AGAIN = """
DELETE FROM event_outbox; DELETE FROM webhook_endpoints;
DELETE FROM email_deliveries; DELETE FROM export_pages; DELETE FROM execution_starts;
DELETE FROM audit_logs; DELETE FROM exports; DELETE FROM email_suppressions;
DELETE FROM email_soft_bounces; DELETE FROM lanes;
DELETE FROM invoices WHERE number = 'LATE';
"""
FEW_INVOICES = """
DELETE FROM invoices i USING (
  SELECT id, row_number() OVER (PARTITION BY organization_id ORDER BY created_at, id)
  AS n FROM invoices) x
WHERE x.id = i.id AND x.n >
  CASE i.organization_id WHEN 'org_acme' THEN 5 WHEN 'org_initech' THEN 24 ELSE 3 END
"""

END = """
SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = 'invoice_export_app'
  AND pid = coalesce(%(pid)s, pid) AND pid <> ALL(%(spare)s)
"""
ALIVE = "SELECT pid FROM pg_stat_activity WHERE pid = ANY(%(pids)s)"

# Called when an execution enters a state, with the number of entries so far.
Script = Callable[["Laboratory", RunRef, str, int], None]


class LogRecorder(logging.Handler):
    """Keeps every log record, so that a test can search them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(str(record.__dict__))


@dataclass(kw_only=True)
class Laboratory(People):
    """Starts runs, drives them and injects faults; reset before each case."""

    admin: psycopg.Connection[Any]
    cloud: Cloud
    # What the views show.
    deployed: Datasets = LABORATORY
    events: bool = True
    script: Script | None = None
    outputs: list[Any] = field(default_factory=list)
    entered: dict[str, int] = field(default_factory=dict)
    # How many faults the scenario's own script caused.
    disturbances: int = 0
    # Each finished execution: its run, its outcome and its error.
    endings: list[tuple[RunRef, str, str | None]] = field(default_factory=list)
    # By the names of their executions.
    players: dict[str, Execution] = field(default_factory=dict)
    # When the bucket's lifecycle deleted which objects.
    lapsed: dict[str, datetime] = field(default_factory=dict)
    # What webhooks were sent: the URL, the body and the headers.
    posts: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)
    log: LogRecorder = field(default_factory=LogRecorder)

    @classmethod
    def build(cls, app_url: str, admin_url: str) -> "Laboratory":
        """Requires ``mock_aws`` to be active."""
        admin = psycopg.connect(admin_url, autocommit=True, row_factory=dict_row)
        admin.execute(SEARCH_PATH)
        admin.execute(FEW_INVOICES)
        cloud, injector = Cloud.build(), Injector()

        def faulty(service: str) -> Any:
            return FaultyClient(cloud.client(service), injector)

        lab = cls(
            db=faulty_database(app_url, injector),
            files=Files(faulty("s3"), BUCKET),
            mailer=Mailer(faulty("ses"), SENDER),
            executions=Executions(faulty("stepfunctions"), MACHINE_ARN),
            lane=LANE,
            pages=PAGES,
            email=EMAIL,
            app_url=app_url,
            injector=injector,
            admin=admin,
            cloud=cloud,
        )
        lab.deploy(LABORATORY)
        logging.getLogger().addHandler(lab.log)
        return lab

    def reset(self) -> None:
        self.injector.reset(None)
        self.admin.execute(EMPTY_AGAIN)
        self.cloud.clear()
        if self.deployed is not LABORATORY:
            self.deploy(LABORATORY)
        self.declared = LABORATORY
        for db in (self.db, *self.idle):
            db.datasets = LABORATORY
        self.lane, self.pages = LANE, PAGES
        self.events, self.script = True, None
        self.outputs, self.entered = [], {}
        self.log.lines.clear()
        for told in (self.endings, self.answers, self.estimates, self.posts):
            told.clear()
        self.players.clear()
        self.lapsed.clear()
        self.steps_taken = self.disturbances = 0

    def deploy(self, datasets: Datasets) -> None:
        """Make the views of these datasets; the workers stay as they are."""
        views.apply(lambda: nullcontext(self.admin), datasets)
        self.deployed = datasets

    def deliver(self) -> None:
        """Publish what waits in the outbox, and deliver it to webhooks."""
        sent: list[Delivery] = []
        queue: Any = SimpleNamespace(send=sent.append)
        self.act_as("sweep", lambda: publish_events(self.db, queue))
        bus: Any = SimpleNamespace(put=lambda event: None)
        webhooks: Any = SimpleNamespace(post=lambda *told: self.posts.append(told))
        for delivery in sent:
            deliver_event.deliver_event(delivery, bus, webhooks)

    def rows(self, statement: str, *params: Any, **named: Any) -> list[dict[str, Any]]:
        """Query all organisations as a superuser."""
        cursor = self.admin.execute(statement, named or params)
        return cursor.fetchall() if cursor.description else []

    def end_connections(self, pid: int | None = None) -> None:
        """End one of the workers' connections, or all, and wait until they are gone.

        PostgreSQL's own way to wait for that looks every 100 ms.
        """
        spare = [each.backend_pid for each in self.injector.spare]
        found = self.rows(END, pid=pid, spare=spare)
        while found:
            found = self.rows(ALIVE, pids=[row["pid"] for row in found])

    def run(self, run_id: UUID) -> dict[str, Any]:
        return self.rows("SELECT * FROM exports WHERE id = %s", run_id)[0]

    def drive(self) -> None:
        """Run executions to their end, oldest first, until none is left."""
        driven: set[str] = set()
        while True:
            waiting = [
                execution
                for execution in self.cloud.machine.executions
                if execution.status == "RUNNING" and execution.name not in driven
            ]
            if not waiting:
                return
            driven.add(waiting[0].name)
            self.play(waiting[0], self.invoke, self._wait)

    def play(self, execution: Any, invoke: Invoke, wait: Wait) -> None:
        """Run one execution to its end, or go on after a redrive."""
        ref = RunRef.parse_json(execution.execution_input)

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
        if execution.name not in self.players:
            self.players[execution.name] = Execution(
                ref.dump(),
                invoke=invoke,
                stopped=lambda: execution.status != "RUNNING",
                wait=wait,
                enter=enter,
            )
        player = self.players[execution.name]
        status, error = player.run()
        if execution.status == "RUNNING":
            execution.status = status
            execution.error = error
        self.endings.append((ref, execution.status, error))
        self.outputs.append(player.history)
        if self.events:
            self.act_as(
                "event",
                lambda: self.sweep_runs(ref, stale_seconds=EVENT_DELAY_SECONDS),
            )

    def invoke(self, function: str, label: str, payload: dict[str, Any]) -> Any:
        """Run the function behind a placeholder, as a process that may die."""
        self.injector.run_as(label, self.steps_taken)
        try:
            return FUNCTIONS[function](self, payload)
        except Died:
            # The dead worker's connection closes and rolls back.
            self.injector.dead = False
            self.db.close()
            raise

    def _wait(self, error: str, seconds: float) -> None:
        if error == "EmailOutcomePendingError":
            self.pass_time(seconds)

    def pass_time(self, seconds: float) -> None:
        """Move the claims' expiry; nothing else here depends on the clock."""
        self.admin.execute(
            "UPDATE email_deliveries SET claim_expires_at ="
            " claim_expires_at - make_interval(secs => %s)",
            [seconds],
        )

    def settle(self) -> None:
        """Let an hour pass and run the sweep; repeat if the sweep meets a fault."""
        self.drive()
        faults = -1
        while faults != self.injector.fired + self.disturbances:
            faults = self.injector.fired + self.disturbances
            self.pass_time(3600)
            self.act_as("sweep", self.sweep_runs)
            self.drive()


def plan_pages(lab: Laboratory, payload: dict[str, Any]) -> Any:
    return PagePlan(pages=lab.plan(RunRef.parse(payload)), concurrency=1).dump()


def write_page(lab: Laboratory, payload: dict[str, Any]) -> Any:
    item = WritePageInput.parse(payload)
    return lab.write(item.ref, item.page).dump()


def compose_file(lab: Laboratory, payload: dict[str, Any]) -> Any:
    return lab.compose(RunRef.parse(payload)).dump()


def send_email(lab: Laboratory, payload: dict[str, Any]) -> Any:
    mail = SendEmailInput.parse(payload)
    return EmailResult(email=lab.mail(mail.ref, mail.kind)).dump()


def finish_run(lab: Laboratory, payload: dict[str, Any]) -> Any:
    run = FinishRunInput.parse(payload)
    status = lab.finish(run.ref, run.error.error if run.error else None)
    return FinishResult(status=status).dump()


# Keyed by the placeholders in the definition.
FUNCTIONS: dict[str, Callable[[Laboratory, dict[str, Any]], Any]] = {
    "PlanPages": plan_pages,
    "WritePage": write_page,
    "ComposeFile": compose_file,
    "SendEmail": send_email,
    "FinishRun": finish_run,
}
