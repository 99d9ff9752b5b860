"""The people, for Locust: one of each organisation starts, and everybody polls.

Locust's environment has none of our packages; ``__main__`` passes what this needs.
"""

import itertools
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

from gevent.event import Event
from locust import FastHttpUser, constant_throughput, events, task

PLAN = json.loads(Path(os.environ["LOAD_PLAN"]).read_text())
FIGURES = Path(os.environ["LOAD_FIGURES"])
ORGANISATIONS = PLAN["organisations"]

places = itertools.count()
run_ids: dict[str, str] = {}
started = {each["id"]: Event() for each in ORGANISATIONS}
starts_sent: list[float] = []
statuses: Counter[str] = Counter()


class Person(FastHttpUser):
    """Polls the export of an organisation once a second, or less often if slowed."""

    wait_time = constant_throughput(1)

    def on_start(self) -> None:
        place = next(places)
        self.organisation = ORGANISATIONS[place % len(ORGANISATIONS)]
        self.etag = ""
        if place < len(ORGANISATIONS):
            self.begin()
        started[self.organisation["id"]].wait()

    def begin(self) -> None:
        starts_sent.append(time.time())
        path = f"/api/organizations/{self.organisation['id']}/exports"
        with self.client.post(path, headers=self.headers("owner"), name="start") as got:
            if got.status_code == 202:
                run_ids[self.organisation["id"]] = got.json()["runId"]
        started[self.organisation["id"]].set()

    def headers(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.organisation[role]}"}

    @task
    def poll(self) -> None:
        run_id = run_ids.get(self.organisation["id"])
        if run_id is None:
            return
        path = f"/api/organizations/{self.organisation['id']}/exports/{run_id}"
        headers = self.headers("viewer") | {"If-None-Match": self.etag}
        with self.client.get(path, headers=headers, name="poll") as got:
            self.etag = (got.headers or {}).get("ETag", self.etag)


@events.request.add_listener
def count(name: str, response: Any, **_: Any) -> None:
    status = getattr(response, "status_code", 0) or "no answer"
    # What a problem says, in one line.
    problem = response.text[:200] if response and response.status_code >= 400 else ""
    statuses[" ".join(f"{name} {status} {problem}".split())] += 1


@events.test_stop.add_listener
def write(environment: Any, **_: Any) -> None:
    total = environment.stats.total
    seconds = total.last_request_timestamp - total.start_time
    figures: dict[str, Any] = {
        "statuses": dict(statuses),
        "starts_seconds": max(starts_sent) - min(starts_sent),
        "seconds": seconds,
    }
    for name, method in (("start", "POST"), ("poll", "GET")):
        entry = environment.stats.get(name, method)
        figures[name] = {
            "answers": entry.num_requests,
            "per_second": entry.num_requests / seconds,
            **{
                f"p{part}": entry.get_response_time_percentile(part / 100)
                for part in (50, 95, 99)
            },
        }
    FIGURES.write_text(json.dumps(figures))
