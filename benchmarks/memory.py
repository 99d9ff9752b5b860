"""The peak memory of one page above idle, in a separate process (Linux only)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from msgspec import structs

from benchmarks import database
from benchmarks.bench import Bench
from benchmarks.measure import console
from benchmarks.ours import Worker
from invoice_export.contracts.workflow.write_page import WritePageInput
from invoice_export.formats import load
from invoice_export.steps.page_parts import read_page
from invoice_export.steps.plan_pages import PagePolicy
from invoice_export.steps.read_request import read_request
from invoice_export.store import plans, runs
from local.config import ROOT
from tests.driver import asking

PAGES = (10_000, 100_000, 1_000_000)


def memory(bench: Bench) -> None:
    """Measure a worker's peak memory above idle, by format and rows of its page."""
    found: dict[str, dict[int, Any]] = {name: {} for name in load()}
    for name in load():
        for rows in PAGES[: 2 if bench.quick else None]:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.memory", name, str(rows)],
                capture_output=True,
                text=True,
                check=True,
                cwd=ROOT,
            )
            found[name][rows] = json.loads(done.stdout)
            console.print(f"a page of {rows:,} rows, {name}:", found[name][rows])
    bench.facts["memory_mib_above_idle"] = found


def resident(name: str, pid: int | str = "self") -> float:
    """Return MiB of resident memory: ``VmRSS`` for now, ``VmHWM`` for the peak."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def reset_peak(pid: int | str = "self") -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def main() -> None:
    name, rows = sys.argv[1], int(sys.argv[2])
    place = database.laptop()
    worker = Worker(place.database_url, place.folder / "s3")
    database.forget_runs(place)
    worker.pages = PagePolicy(min_rows=rows, max_rows=rows, database_vcpus=1)
    run = worker.accept(
        database.ORGANIZATION, database.USER, request=asking(format=name)
    ).run
    worker.plan(run.ref)
    page = WritePageInput(**structs.asdict(run.ref), page=1)

    def write() -> float:
        with worker.db.tenant(run.organization_id) as tx:
            active = runs.get_active(tx, page)
            keys = plans.get_bounds(tx, active.id, 1).keys
            with read_page(tx, read_request(tx, active), 1, keys) as part:
                body = part.finish()
                size = len(body) if isinstance(body, bytes) else body.seek(0, 2)
                return size / 2**20

    idle = resident("VmRSS")
    reset_peak()
    size = write()
    above = resident("VmHWM") - idle
    print(json.dumps({"part_mib": round(size, 1), "above_idle_mib": round(above, 1)}))


if __name__ == "__main__":
    main()
