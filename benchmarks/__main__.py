"""Measure the export, print tables and write the figures to a JSON file."""

import argparse
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import database
from benchmarks.audit import audit
from benchmarks.bench import Bench
from benchmarks.exports import exports, workers
from benchmarks.first import first_export
from benchmarks.formats import formats
from benchmarks.growth import growth
from benchmarks.imports import imports
from benchmarks.joined import joined
from benchmarks.measure import console
from benchmarks.memory import memory
from benchmarks.pages import pages, planning
from benchmarks.stack import laptop_stack
from benchmarks.whole import whole
from local.config import ROOT

RESULTS = ROOT / "benchmarks" / "results"
# One minute is too short to start the laptop stack.
QUICK: tuple[Callable[[Bench], None], ...] = (
    imports,
    pages,
    planning,
    joined,
    exports,
)
# These take longest, and change how the rows lie.
LONG = (whole, growth)
FULL = (*QUICK, audit, formats, memory, workers, laptop_stack, first_export, *LONG)
SECTIONS = {section.__name__: section for section in FULL}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="fewer rows and rounds: about one minute"
    )
    parser.add_argument(
        "--only", choices=SECTIONS, action="append", help="a section (repeatable)"
    )
    options = parser.parse_args()
    place = database.laptop()
    place.folder.chmod(0o755)
    bench = Bench(place, quick=options.quick)
    try:
        with console.status(f"Creating {bench.rows:,} rows among those of others"):
            database.start(place, bench.rows, bench.tenants)
        every = QUICK if options.quick else FULL
        chosen = [SECTIONS[name] for name in options.only or ()]
        for section in chosen or every:
            # A section with a stack stops the server with it.
            database.start_empty(place)
            section(bench)
            # A later section may fail, and this took long.
            path = write(bench, options.only)
    finally:
        database.stop(place)
        shutil.rmtree(place.folder / "s3", ignore_errors=True)
        shutil.rmtree(place.folder / "out", ignore_errors=True)
    console.print(f"Figures: {path}", soft_wrap=True)
    return 0


def write(bench: Bench, only: list[str] | None) -> Path:
    """Write what was measured so far, and return the file."""
    RESULTS.mkdir(exist_ok=True)
    name = "-".join(only) if only else "quick" if bench.quick else "full"
    path = RESULTS / f"{name}.json"
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": bench.quick,
        "machine": machine(),
        "rows": bench.rows,
        "comparisons": {k: v.dump() for k, v in bench.comparisons.items()},
        "facts": bench.facts,
    }
    path.write_text(json.dumps(found, indent=2) + "\n")
    return path


def machine() -> dict[str, Any]:
    """Describe the machine and its load, which the figures depend on."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":")[1].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }


if __name__ == "__main__":
    sys.exit(main())
