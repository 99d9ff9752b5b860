"""Runs the export's own steps, with as many processes as there are page workers."""

import multiprocessing
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, cast

from benchmarks.database import DATASETS, ORGANIZATION, USER, forget_runs
from benchmarks.disk_s3 import DiskS3
from invoice_export.adapters.files import Files
from invoice_export.contracts.workflow.plan_items import PlanItem
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.steps.plan_pages import PagePolicy
from invoice_export.store import runs
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from local.config import Laptop
from tests.driver import INVOICES, DataPath, asking

PAGES = PagePolicy(min_rows=500, max_rows=100_000, database_vcpus=2)


class Worker(DataPath):
    """What one Lambda keeps between calls, with S3 on the disk."""

    def __init__(self, url: str, folder: Path, policy: PagePolicy = PAGES) -> None:
        self.s3 = DiskS3(folder)
        super().__init__(
            db=Database(connector(url), DATASETS),
            files=Files(cast("Any", self.s3), "bench"),
            pages=policy,
        )


_worker: Worker


def _begin(url: str, folder: Path) -> None:
    global _worker  # noqa: PLW0603 - one per process, as in Lambda
    _worker = Worker(url, folder)


def _write(item: tuple[RunRef, PlanItem]) -> int:
    return _worker.write(*item).rows


def _ready(_: int) -> int:
    with _worker.db.system():
        return os.getpid()


class Exporter:
    """Runs exports with a number of warm page workers."""

    def __init__(self, place: Laptop, workers: int, policy: PagePolicy = PAGES) -> None:
        self._place = place
        self._folder = place.folder / "s3"
        self.here = Worker(place.database_url, self._folder, policy)
        self._pool = ProcessPoolExecutor(
            workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(place.database_url, self._folder),
        )
        list(self._pool.map(_ready, range(workers * 4)))

    def start(self, organization: str = ORGANIZATION, **options: Any) -> RunRef:
        """Start the only run there is."""
        self.clear()
        request = asking(**options)
        return self.here.accept(organization, USER, request=request).run.ref

    def clear(self) -> None:
        """Delete all runs and files."""
        forget_runs(self._place)
        shutil.rmtree(self._folder, ignore_errors=True)

    def forget(self, run: RunRef) -> None:
        """Delete the run's plan and pages, so that it can be planned again."""
        with self.here.db.tenant(run.organization_id) as tx:
            runs.forget_plan(tx, run.run_id, fingerprint=INVOICES.fingerprint)

    def plan(self, run: RunRef) -> list[PlanItem]:
        return self.here.plan(run)

    def write(self, run: RunRef, pages: list[PlanItem]) -> int:
        return sum(self._pool.map(_write, [(run, page) for page in pages]))

    def compose(self, run: RunRef) -> Path:
        return self._folder / self.here.compose(run).object_key

    def export(self, run: RunRef) -> Path:
        """The whole data path: plan, pages and compose."""
        self.write(run, self.plan(run))
        return self.compose(run)

    def close(self) -> None:
        self._pool.shutdown()
        self.here.db.close()
