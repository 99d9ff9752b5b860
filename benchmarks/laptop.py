"""``make up``, then ``python -m benchmarks.laptop``: small exports over HTTP, warm.

Times from POST to completed, of the POST and of a poll, all through gateway and Lambda,
and of the bare statements on a connection of its own.
"""

import json
import statistics
import time
import uuid
from typing import Any

import httpx
import psycopg

from benchmarks.measure import console
from local.config import Laptop
from local.issuer import Issuer

EXPORTS = 9
OPTIONS: tuple[dict[str, str], ...] = (
    {},
    {"format": "csv.gz"},
    {"consistency": "snapshot"},
)


def spread(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    last = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"p50 {statistics.median(ordered):.3f} s, p99 {last:.3f} s"


def main() -> None:
    laptop = Laptop.from_environment()
    facts = json.loads(laptop.stack_file.read_text())
    client = httpx.Client(
        base_url=facts["api_url"],
        headers={"Authorization": f"Bearer {Issuer(laptop).token('user_alice')}"},
        timeout=60,
    )
    exports = "/api/organizations/org_acme/exports"
    posts: list[float] = []
    polls: list[float] = []

    def timed(into: list[float], method: str, path: str, **call: Any) -> Any:
        start = time.perf_counter()
        answer = client.request(method, path, **call)
        into.append(time.perf_counter() - start)
        return answer.raise_for_status().json()

    for options in OPTIONS:
        whole: list[float] = []
        for n in range(EXPORTS + 1):
            start = time.perf_counter()
            run = timed(
                posts,
                "POST",
                exports,
                json=options,
                headers={"Idempotency-Key": uuid.uuid4().hex},
            )
            status = {"status": "queued"}
            while status["status"] in {"queued", "running"}:
                status = timed(polls, "GET", f"{exports}/{run['runId']}")
            if status["status"] != "completed":
                raise SystemExit(f"run {run['runId']} is {status['status']}")
            if n:  # the first one warms the workers
                whole.append(time.perf_counter() - start)
        console.print(f"240 rows, {options or 'plain'}: {spread(whole)}")
    console.print(f"POST through gateway and Lambda: {spread(posts)}")
    console.print(f"poll through gateway and Lambda: {spread(polls)}")
    bare: list[float] = []
    with psycopg.connect(laptop.database_url, autocommit=True) as db:
        for _ in range(200):
            start = time.perf_counter()
            db.execute("SELECT 1 FROM exports WHERE id = %s", [uuid.uuid4()]).fetchone()
            bare.append(time.perf_counter() - start)
    console.print(f"bare SELECT: {spread(bare)}")
    link = client.get(f"{exports}/{run['runId']}/download").raise_for_status().json()
    (laptop.folder / "bench.csv").write_bytes(httpx.get(link["url"]).content)
    (laptop.folder / "bench.json").write_bytes(httpx.get(link["manifestUrl"]).content)
    console.print(f"downloaded into {laptop.folder}: make verify", soft_wrap=True)


if __name__ == "__main__":
    main()
