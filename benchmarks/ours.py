"""The export's own steps, called as its Lambdas call them, in as many processes."""

import multiprocessing
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, cast

from benchmarks.database import ORGANIZATION, USER, forget_runs
from benchmarks.disk_s3 import DiskS3
from invoice_export.adapters.files import Files
from invoice_export.contracts.http import StartExportRequest
from invoice_export.contracts.workflow import PlanItem, RunRef, WritePageInput
from invoice_export.exported import INVOICES
from invoice_export.steps.compose_file import compose_file
from invoice_export.steps.plan_pages import PagePolicy, plan_pages
from invoice_export.steps.start_export import LanePolicy, start_export
from invoice_export.steps.write_page import write_page
from invoice_export.store import runs
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from local.config import Laptop

LANE = LanePolicy(max_running=10, max_queued_per_organization=10, part_retention_days=3)
PAGES = PagePolicy(min_rows=500, max_rows=100_000, database_vcpus=2)


class Worker:
    """What one Lambda keeps between calls."""

    def __init__(self, url: str, folder: Path) -> None:
        self.db = Database(connector(url), INVOICES)
        self.s3 = DiskS3(folder)
        self.files = Files(cast("Any", self.s3), "bench")


_worker: Worker


def _begin(url: str, folder: Path) -> None:
    global _worker  # noqa: PLW0603 - one per process, as in Lambda
    _worker = Worker(url, folder)


def _write(page: WritePageInput) -> int:
    return write_page(_worker.db, _worker.files, page).rows


def _ready(_: int) -> int:
    with _worker.db.system():
        return os.getpid()


class Exporter:
    """Runs exports with a number of warm page workers."""

    def __init__(self, place: Laptop, workers: int, policy: PagePolicy = PAGES) -> None:
        self._place = place
        self._folder = place.folder / "s3"
        self._policy = policy
        self.here = Worker(place.database_url, self._folder)
        self._pool = ProcessPoolExecutor(
            workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(place.database_url, self._folder),
        )
        list(self._pool.map(_ready, range(workers * 4)))

    def start(self, organization: str = ORGANIZATION, **options: str) -> RunRef:
        """A running run, the only one there is."""
        self.clear()
        accepted = start_export(
            self.here.db,
            organization_id=organization,
            requested_by=USER,
            idempotency_key=None,
            policy=LANE,
            request=StartExportRequest.parse(options),
        )
        return accepted.run.ref

    def clear(self) -> None:
        """Delete all runs and files."""
        forget_runs(self._place)
        shutil.rmtree(self._folder, ignore_errors=True)

    def forget(self, run: RunRef) -> RunRef:
        """The same run as if nothing of it had been done."""
        with self.here.db.tenant(run.organization_id) as tx:
            runs.forget_plan(tx, run.run_id)
        return run

    def plan(self, run: RunRef) -> list[PlanItem]:
        return plan_pages(self.here.db, run, self._policy).pages

    def write(self, run: RunRef, pages: list[PlanItem]) -> int:
        inputs = [WritePageInput(**run.model_dump(), page=page) for page in pages]
        return sum(self._pool.map(_write, inputs))

    def compose(self, run: RunRef) -> Path:
        file = compose_file(
            self.here.db,
            self.here.files,
            run,
            app_base_url="https://app.example",
            file_retention_days=7,
        )
        return self._folder / file.object_key

    def export(self, run: RunRef) -> Path:
        """All of the data path: plan, pages and compose."""
        self.write(run, self.plan(run))
        return self.compose(run)

    def close(self) -> None:
        self._pool.shutdown()
        self.here.db.close()
