"""The peak memory of one page above idle, in a separate process (Linux only)."""

import sys
from pathlib import Path

from benchmarks import database
from benchmarks.ours import Worker
from invoice_export.contracts.workflow import WritePageInput
from invoice_export.steps.page_parts import read_page
from invoice_export.steps.plan_pages import PagePolicy
from invoice_export.steps.read_request import read_request
from invoice_export.store import plans, runs


def resident(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def main() -> None:
    rows = int(sys.argv[1])
    place = database.laptop()
    worker = Worker(place.database_url, place.folder / "s3")
    database.forget_runs(place)
    worker.pages = PagePolicy(min_rows=rows, max_rows=rows, database_vcpus=1)
    run = worker.accept(database.ORGANIZATION, database.USER).run
    worker.plan(run.ref)
    page = WritePageInput(**run.ref.model_dump(), page=1)

    def write() -> float:
        with worker.db.tenant(run.organization_id) as tx:
            active = runs.get_active(tx, page)
            keys = plans.get_bounds(tx, active.id, 1).keys
            with read_page(tx, read_request(tx, active), 1, keys) as part:
                body = part.finish()
                size = len(body) if isinstance(body, bytes) else body.seek(0, 2)
                return size / 2**20

    idle = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    size = write()
    print(
        f'{{"part_mib": {size:.1f}, "above_idle_mib": {resident("VmHWM") - idle:.1f}}}'
    )


if __name__ == "__main__":
    main()
