"""What the chain of the audit log costs, on two databases: with it and without."""

import random
import statistics
import uuid
from collections import defaultdict
from typing import Any

import psycopg
from rich.table import Table

from benchmarks.bench import Bench
from benchmarks.database import make_scratch
from benchmarks.measure import clocked, console
from invoice_export.domain.requests import ExportRequest
from invoice_export.domain.runs import RunStatus
from invoice_export.steps import finish_run, start_export
from invoice_export.store import audit as log
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from local.config import APP_ROLE, OWNER_ROLE, Laptop
from tests.driver import DATASETS, INVOICES, LANE

CHAINED, PLAIN = "bench_audit_chained", "bench_audit_plain"
# Records are as they were before the migration that chains them.
UNCHAINED = """
DROP TRIGGER chain ON invoice_export.audit_logs;
DROP INDEX invoice_export.audit_logs_chain_key;
ALTER TABLE invoice_export.audit_logs
  ALTER seq DROP NOT NULL, ALTER previous_hash DROP NOT NULL, ALTER hash DROP NOT NULL;
"""
ORGANIZATION, USER = "org_audit", "user_audit"
REQUEST = ExportRequest(INVOICES, INVOICES.default_columns)
PAYLOAD = {"rowCount": 1_000_000, "pages": 20, "bytes": 163_000_000}
# So many in a transaction. Each leaves an old version of the lane's row, which the next
# one passes, so more of them would cost more than in a transaction of ours.
RECORDS = 10
# Other work on the machine hardly delays the quickest tenth.
QUANTILES = {"p10": 10, "p50": 50}
Seconds = dict[str, list[float]]


def audit(bench: Bench) -> None:
    """Compare a record, a start and a finish with the chain and without it."""
    found = {name: _Side(bench.place, name) for name in (CHAINED, PLAIN)}
    with psycopg.connect(bench.place.url_of(OWNER_ROLE, PLAIN)) as owner:
        owner.execute(UNCHAINED)
    turns = 500 if bench.quick else 1_000
    for turn in range(turns + 20):
        for name in random.sample(list(found), len(found)):
            found[name].turn(warm=turn >= 20)
    bench.facts["audit"] = _told(found[CHAINED].seconds, found[PLAIN].seconds)
    for side in found.values():
        side.db.close()


class _Side:
    """One of the two databases, and the seconds that each act took in it."""

    def __init__(self, place: Laptop, name: str) -> None:
        make_scratch(place, name)
        self.db = Database(connector(place.url_of(APP_ROLE, name)), DATASETS)
        self.seconds: Seconds = defaultdict(list)

    def turn(self, *, warm: bool) -> None:
        """Start a run, let it fail, and append records in one transaction."""
        started, run = clocked(self._start)
        finished, outcome = clocked(lambda: self._finish(run.ref))
        if outcome.status is not RunStatus.FAILED:
            raise RuntimeError(f"the run is {outcome.status}")
        appended, _ = clocked(self._append)
        if warm:
            self.seconds["start"].append(started)
            self.seconds["finish"].append(finished)
            self.seconds["record"].append(appended / RECORDS)

    def _start(self) -> Any:
        return start_export.start_export(
            self.db,
            organization_id=ORGANIZATION,
            requested_by=USER,
            idempotency_key=uuid.uuid4().hex,
            policy=LANE,
            request=REQUEST,
        ).run

    def _finish(self, ref: Any) -> Any:
        return finish_run.record_outcome(
            self.db, ref, error="PartsMismatchError", max_running=LANE.max_running
        )

    def _append(self) -> None:
        with self.db.tenant(ORGANIZATION) as tx:
            for _ in range(RECORDS):
                log.append_action(
                    tx,
                    organization_id=ORGANIZATION,
                    action="export.invoices.completed",
                    subject=str(uuid.uuid4()),
                    actor=USER,
                    payload=PAYLOAD,
                    event_key=uuid.uuid4().hex,
                )


def _told(chained: Seconds, plain: Seconds) -> dict[str, dict[str, float]]:
    """Print the microseconds of each act by quantile, and return them."""
    table = Table(title="The chain of the audit log", title_justify="left")
    for column in ("", "", "without, µs", "with, µs", "more, µs", "ratio"):
        table.add_column(column, justify="right" if column else "left")
    told: dict[str, dict[str, float]] = {}
    for act, with_it in chained.items():
        for name, part in QUANTILES.items():
            ours, theirs = _quantile(with_it, part), _quantile(plain[act], part)
            told[f"{act}, {name}"] = {"without": theirs, "with": ours}
            micros = (f"{one:.0f}" for one in (theirs, ours, ours - theirs))
            table.add_row(act, name, *micros, f"{ours / theirs:.2f}")
    console.print(table)
    return told


def _quantile(seconds: list[float], part: int) -> float:
    """Return so many hundredths' quantile in microseconds."""
    return statistics.quantiles(seconds, n=100)[part - 1] * 1e6
