"""Drives one run through its steps, as the state machine does.

The tests' world, the fault laboratory and the benchmarks share it; each brings its own
database, files and clients. Nothing here imports pytest.
"""

from dataclasses import dataclass
from typing import Any

from msgspec import structs

from invoice_export import datasets
from invoice_export.adapters.executions import Executions
from invoice_export.adapters.files import Files
from invoice_export.adapters.mail import Mailer
from invoice_export.contracts.requests import parse
from invoice_export.contracts.workflow.compose_file import ComposedFile
from invoice_export.contracts.workflow.plan_items import PlanItem
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.contracts.workflow.send_email import SendEmailInput
from invoice_export.contracts.workflow.write_page import PageResult, WritePageInput
from invoice_export.domain.emails import EmailKind, EmailStatus
from invoice_export.domain.requests import ExportRequest
from invoice_export.domain.runs import RunStatus

# Called through their modules: the mutants replace them there.
from invoice_export.steps import (
    compose_file,
    finish_run,
    launch_execution,
    plan_pages,
    reconcile_runs,
    send_email,
    start_export,
    write_page,
)
from invoice_export.steps.plan_pages import PagePolicy
from invoice_export.steps.reconcile_runs import Sweep, SweepPolicy
from invoice_export.steps.send_email import EmailPolicy
from invoice_export.steps.start_export import Accepted, LanePolicy
from invoice_export.store.database import Database

APP = "https://app.example"
DATASETS = datasets.load()
INVOICES = DATASETS.default
FILE_RETENTION_DAYS = 7
LANE = LanePolicy(max_running=10, max_queued_per_organization=10, part_retention_days=3)


def asking(**options: Any) -> ExportRequest:
    """The request of a body with these options."""
    return parse(DATASETS, options)


@dataclass(kw_only=True)
class DataPath:
    """From the start of a run to its file. Starts no execution and sends no mail."""

    db: Database
    files: Files
    pages: PagePolicy
    lane: LanePolicy = LANE

    def accept(
        self,
        organization: str,
        user: str,
        *,
        key: str | None = None,
        request: ExportRequest | None = None,
    ) -> Accepted:
        """Commit a start."""
        return start_export.start_export(
            self.db,
            organization_id=organization,
            requested_by=user,
            idempotency_key=key,
            policy=self.lane,
            request=request or parse(self.db.datasets, {}),
        )

    def plan(self, run: RunRef) -> list[PlanItem]:
        """The Map's items."""
        return plan_pages.plan_pages(self.db, run, self.pages).pages

    def write(self, run: RunRef, page: PlanItem) -> PageResult:
        """Write one item of the Map."""
        item = WritePageInput(**structs.asdict(run), page=page)
        return write_page.write_page(self.db, self.files, item)

    def compose(self, run: RunRef) -> ComposedFile:
        """Join the parts."""
        return compose_file.compose_file(
            self.db,
            self.files,
            run,
            app_base_url=APP,
            file_retention_days=FILE_RETENTION_DAYS,
        )


@dataclass(kw_only=True)
class Driver(DataPath):
    """All steps of a run, and the sweep that repairs it."""

    mailer: Mailer
    executions: Executions
    email: EmailPolicy

    def start(
        self,
        organization: str,
        user: str,
        *,
        key: str | None = None,
        request: ExportRequest | None = None,
    ) -> Accepted:
        """Commit a start and launch its execution, as the API does."""
        accepted = self.accept(organization, user, key=key, request=request)
        launch_execution.launch_promised(self.db, self.executions, accepted.start)
        return accepted

    def mail(
        self, run: RunRef, kind: EmailKind = EmailKind.COMPLETED
    ) -> EmailStatus | None:
        """Send the run's mail; returns its outcome, or None if none was owed."""
        mail = SendEmailInput(**structs.asdict(run), kind=kind)
        return send_email.send_email(self.db, self.mailer, mail, self.email).email

    def finish(self, run: RunRef, error: str | None = None) -> RunStatus:
        """Record the end; ``error`` is the name that a Catch passes on."""
        return finish_run.finish_run(
            self.db,
            self.files,
            self.executions,
            run,
            error=error,
            max_running=self.lane.max_running,
        )

    def run_to_end(self, run: RunRef) -> RunStatus:
        """Every step in the order of the state machine."""
        for page in self.plan(run):
            self.write(run, page)
        self.compose(run)
        self.mail(run)
        return self.finish(run)

    def sweeper(self, stale_seconds: int = 0) -> Sweep:
        """What the sweep needs; with 0 seconds nothing is too young to repair."""
        return Sweep(
            db=self.db,
            executions=self.executions,
            files=self.files,
            mailer=self.mailer,
            policy=SweepPolicy(
                stale_after_seconds=stale_seconds,
                cleanup_grace_seconds=stale_seconds,
                max_running=self.lane.max_running,
                email=self.email,
            ),
        )

    def sweep_runs(self, only: RunRef | None = None, *, stale_seconds: int = 0) -> None:
        """Let the sweep come by, for one run or for all."""
        reconcile_runs.reconcile_runs(self.sweeper(stale_seconds), only)
