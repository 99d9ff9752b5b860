"""The laptop stack of the benchmarks, and small exports on it."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import httpx
import psycopg

from benchmarks import latency
from benchmarks.bench import Bench
from benchmarks.database import USER, forget_runs, organization_of
from benchmarks.floor import Floor
from benchmarks.measure import console
from local import stack
from local.aws import aws_client
from local.config import Laptop
from local.executions import execution_arn
from local.issuer import Issuer

SMALL = 240
SMALL_ROUNDS = 25
RUNNING = {"queued", "running"}
# The first and the last state of the data path.
DATA_PATH = ("Plan Pages", "Compose File")


class Client:
    """A user of one organisation, who starts over HTTP and polls the run's row."""

    def __init__(self, place: Laptop, facts: dict[str, str], organization: str) -> None:
        self._place, self._facts = place, facts
        self._http = httpx.Client(
            base_url=facts["api_url"],
            headers={"Authorization": f"Bearer {Issuer(place).token(USER)}"},
            timeout=60,
        )
        self._exports = f"/api/organizations/{organization}/exports"
        self._db = psycopg.connect(place.url_of("postgres"), autocommit=True)

    def export(self) -> tuple[str, float]:
        """Start an export and wait; return its run id and the seconds from the POST."""
        start = time.perf_counter()
        answer = self._http.post(
            self._exports, headers={"Idempotency-Key": uuid.uuid4().hex}
        )
        run_id: str = answer.raise_for_status().json()["runId"]
        while (status := self._status(run_id)) in RUNNING:
            time.sleep(0.005)
        seconds = time.perf_counter() - start
        if status != "completed":
            raise RuntimeError(f"run {run_id} is {status}")
        return run_id, seconds

    def data_path_seconds(self, run_id: str) -> float:
        """Return the seconds from the start of planning to the end of joining."""
        arn = execution_arn(self._facts, f"{run_id}-1")
        pages = aws_client(self._place, "stepfunctions").get_paginator(
            "get_execution_history"
        )
        entered: dict[str, datetime] = {}
        left: dict[str, datetime] = {}
        for event in pages.paginate(executionArn=arn).search("events"):
            if "stateEnteredEventDetails" in event:
                name = event["stateEnteredEventDetails"]["name"]
                entered[name] = event["timestamp"]
            if "stateExitedEventDetails" in event:
                left[event["stateExitedEventDetails"]["name"]] = event["timestamp"]
        first, last = DATA_PATH
        return (left[last] - entered[first]).total_seconds()

    def pages(self, run_id: str) -> int:
        """Return the number of pages of a run."""
        row = self._db.execute(
            "SELECT pages_total FROM invoice_export.exports WHERE id = %s", [run_id]
        ).fetchone()
        assert row is not None
        return int(row[0])

    def close(self) -> None:
        self._http.close()
        self._db.close()

    def _status(self, run_id: str) -> str:
        row = self._db.execute(
            "SELECT status FROM invoice_export.exports WHERE id = %s", [run_id]
        ).fetchone()
        assert row is not None
        return str(row[0])


@contextmanager
def running(bench: Bench) -> Iterator[dict[str, str]]:
    """Start the laptop stack on the benchmark's own database; stop it at the end."""
    forget_runs(bench.place)
    with console.status("Starting the laptop stack"):
        facts = stack.up(bench.place, lambda _: None)
    try:
        yield facts
    finally:
        stack.down(bench.place)


class TwoTimes:
    """Measures each export once and reports it to two contenders in turn."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._whole: list[float] = []
        self._data_path: list[float] = []

    def whole(self) -> float:
        return self._next(self._whole)

    def data_path(self) -> float:
        return self._next(self._data_path)

    def _next(self, series: list[float]) -> float:
        if not series:
            run_id, seconds = self._client.export()
            self._whole.append(seconds)
            self._data_path.append(self._client.data_path_seconds(run_id))
        return series.pop()


def laptop_stack(bench: Bench) -> None:
    """Measure small exports, and the calls that people wait for."""
    with running(bench) as facts:
        small(bench, facts)
        bench.facts["latency_ms"] = latency.measure(bench.place)
        console.print("milliseconds:", bench.facts["latency_ms"])


def small(bench: Bench, facts: dict[str, str]) -> None:
    """Compare a warm export of 240 rows with the engine's own time."""
    client = Client(bench.place, facts, organization_of(SMALL))
    run_id, _ = client.export()
    pages = client.pages(run_id)
    floor = Floor(bench.place, pages=pages)
    bench.compare(
        "small",
        f"Export of {SMALL} rows in {pages} pages, warm; with empty Lambdas, from"
        " StartExecution to the end of the last one",
        {
            "empty Lambdas": floor.seconds,
            "POST to completed": lambda: client.export()[1],
        },
        "empty Lambdas",
        rounds=SMALL_ROUNDS,
    )
    client.close()
