"""Let many organisations start at once while many people poll; judge and print it.

Exits with 1 after an answer of 5xx, an unfair wait, a run that did not complete, more
connections than the pool has, or functions that grow.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.load.fairness import Stay, Wait, unfair, waits
from benchmarks.load.watch import MIB, Watch, Watcher, most_connections
from benchmarks.measure import console
from local import stack
from local.config import ROOT, Laptop
from local.engine_bridge import PROCESSES_PER_FUNCTION
from local.issuer import Issuer
from local.postgres import SETTINGS
from local.tenancy import act_for, connect_as_owner

LOCUST = ROOT / ".venv-load" / "bin" / "locust"
PEOPLE = Path(__file__).with_name("pollers.py")
ENGINE_PORT, DATABASE_PORT, WORKSHOP_PORT = 24677, 24431, 24688
INVOICES = 120
# max_running_exports of the stage.
PLACES = 4
PATIENCE_SECONDS = 1800
MOST_GROWTH = 1.1
# A call's name and status.
GOOD = re.compile(r"\w+ [23]\d\d$")
RUNS = """
SELECT organization_id, status, queued_at, started_at, completed_at
FROM invoice_export.exports WHERE organization_id LIKE 'org_load_%'
ORDER BY queued_at
"""


@dataclass(frozen=True)
class Load:
    """How much."""

    organisations: int
    pollers: int
    seconds: int


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load")
    parser.add_argument("--organisations", type=int, default=200)
    parser.add_argument("--pollers", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=300)
    load = Load(**vars(parser.parse_args()))
    place = Laptop(
        folder=ROOT / ".local" / "load",
        engine_port=ENGINE_PORT,
        database_port=DATABASE_PORT,
        workshop_port=WORKSHOP_PORT,
    )
    place.folder.mkdir(parents=True, exist_ok=True)
    try:
        with console.status("Starting a laptop stack for the load"):
            facts = stack.up(place, lambda _: None)
        return run(place, facts["api_url"], load)
    finally:
        stack.down(place)
        # The organisations, their rows, runs and files.
        shutil.rmtree(place.folder)


def run(place: Laptop, api_url: str, load: Load) -> int:
    """Run the load, print the table and what is wrong; return the exit code."""
    names = [f"org_load_{number:03}" for number in range(load.organisations)]
    add_organisations(place, names)
    plan, figures = place.folder / "plan.json", place.folder / "figures.json"
    plan.write_text(json.dumps({"organisations": tokens(place, names)}))
    with console.status("Under load"), Watcher(place) as seen:
        locust(load, api_url, plan, figures)
        ended = wait_for_ends(place)
    told = json.loads(figures.read_text())
    found = waits(stays_of(place), PLACES)
    most = most_connections(place)
    show(load, told, found, seen, most)
    wrong = [
        f"{count} answers: {what}"
        for what, count in told["statuses"].items()
        if not GOOD.match(what)
    ]
    wrong += [] if ended else ["some runs did not end in time"]
    wrong += unfinished(place)
    wrong += unfair(found, PROCESSES_PER_FUNCTION)
    if max(seen.ours) > most:
        wrong.append(f"{max(seen.ours)} connections, where the pool has {most}")
    if seen.growth() > MOST_GROWTH:
        wrong.append(f"the functions grew to {seen.growth():.2f} of their size")
    for line in wrong:
        console.print(f"[red]{line}")
    return 1 if wrong else 0


def add_organisations(place: Laptop, names: list[str]) -> None:
    """Add each organisation with an owner, a viewer and invoices."""
    with connect_as_owner(place) as connection:
        cursor = connection.cursor()
        for name in names:
            act_for(cursor, name)
            cursor.execute(
                "INSERT INTO organizations (id, name) VALUES (%s, %s)", [name, name]
            )
            for role in ("owner", "viewer"):
                user = f"{name}_{role}"
                cursor.execute(
                    "INSERT INTO users (id, name, email) VALUES (%s, %s, %s)",
                    [user, user, f"{user}@customers.example"],
                )
                cursor.execute(
                    "INSERT INTO members (organization_id, user_id, role)"
                    " VALUES (%s, %s, %s)",
                    [name, user, role],
                )
            cursor.execute(
                "INSERT INTO invoices (organization_id, number, customer_name,"
                " status, total, currency, created_at)"
                " SELECT %s, 'N-' || n, 'Customer', 'sent', n, 'EUR',"
                " timestamptz '2024-02-01Z' + n * interval '1 min'"
                " FROM generate_series(1, %s) n",
                [name, INVOICES],
            )


def tokens(place: Laptop, names: list[str]) -> list[dict[str, str]]:
    issuer = Issuer(place)
    return [
        {"id": name}
        | {role: issuer.token(f"{name}_{role}") for role in ("owner", "viewer")}
        for name in names
    ]


def locust(load: Load, api_url: str, plan: Path, figures: Path) -> None:
    people = max(load.pollers, load.organisations)
    subprocess.run(
        [
            *(str(LOCUST), "--locustfile", str(PEOPLE), "--headless", "--only-summary"),
            *("--users", str(people), "--spawn-rate", str(people)),
            *("--run-time", f"{load.seconds}s", "--host", api_url),
            *("--exit-code-on-error", "0", "--loglevel", "ERROR"),
        ],
        env={**os.environ, "LOAD_PLAN": str(plan), "LOAD_FIGURES": str(figures)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


def wait_for_ends(place: Laptop) -> bool:
    """Wait until every accepted run has ended; return whether they have."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with psycopg.connect(place.url_of("postgres"), autocommit=True) as db:
        while time.monotonic() < deadline:
            if all(ended is not None for *_, ended in db.execute(RUNS)):
                return True
            time.sleep(1)
    return False


def stays_of(place: Laptop) -> list[Stay]:
    with psycopg.connect(place.url_of("postgres"), autocommit=True) as db:
        return [
            Stay(name, queued, started, ended)
            for name, _, queued, started, ended in db.execute(RUNS)
            if started and ended
        ]


def unfinished(place: Laptop) -> list[str]:
    with psycopg.connect(place.url_of("postgres"), autocommit=True) as db:
        return [
            f"the run of {name} is {status}"
            for name, status, *_ in db.execute(RUNS)
            if status != "completed"
        ]


def show(
    load: Load, told: dict[str, Any], found: list[Wait], seen: Watch, most: int
) -> None:
    """Print a table for docs/performance.md."""
    longest = max(found, key=lambda wait: wait.stay.waited)
    lasted = sorted(wait.stay.lasted for wait in found)
    gap = max(wait.stay.waited - wait.explained for wait in found)
    answers = told["start"]["answers"] + told["poll"]["answers"]
    limit = next(
        line.split()[-1] for line in SETTINGS.splitlines() if "max_conn" in line
    )
    rows = {
        "starts": f"{told['start']['answers']} in {told['starts_seconds']:.2f} s",
        "answers": ", ".join(f"{n} {what}" for what, n in told["statuses"].items()),
        **{
            f"{name}: p50, p95, p99": " ms, ".join(
                f"{told[name][part]:.0f}" for part in ("p50", "p95", "p99")
            )
            + " ms"
            for name in ("start", "poll")
        },
        "polls answered": f"{told['poll']['per_second']:.0f} a second,"
        f" of {load.pollers} wanted",
        "processor for an answer, exports included": ", ".join(
            f"{who} {1000 * seconds / answers:.1f} ms"
            for who, seconds in seen.busy.items()
        ),
        "runs": f"{len(found)} ended, median {lasted[len(lasted) // 2]:.1f} s,"
        f" longest {lasted[-1]:.1f} s, {PLACES} at once",
        "longest wait": f"{longest.stay.waited:.1f} s behind {longest.before} runs,"
        f" whose work explains {longest.explained:.1f} s",
        "unexplained": f"{gap:.1f} s at most",
        "overtaken": f"by {max(wait.overtaken_by for wait in found)} at most",
        "connections": f"{max(seen.ours)} of the functions at most, of {most};"
        f" {max(seen.all)} in all, of {limit}",
        "memory of a function": f"{seen.growth():.2f} of its size, last third of the"
        " time against the second",
        "memory of the engine": f"{seen.engine[0] / MIB:.0f} MiB, then"
        f" {max(seen.engine) / MIB:.0f}",
        "load average": f"{os.getloadavg()[0]:.1f}",
    }
    console.print(
        f"| {load.organisations} organisations, {load.pollers} pollers,"
        f" {load.seconds} s | |\n|---|---|",
        soft_wrap=True,
    )
    for name, value in rows.items():
        console.print(f"| {name} | {value} |", soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
