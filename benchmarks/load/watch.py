"""Samples memory and connections of the laptop stack while it works."""

import statistics
import threading
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
import psycopg

from local.aws import aws_client
from local.config import Laptop
from local.engine import Engine
from local.engine_bridge import PROCESSES_PER_FUNCTION
from local.postgres import Postgres

EVERY_SECONDS = 2.0
MIB = 1024 * 1024
CONNECTIONS = """
SELECT count(*) FILTER (WHERE application_name = 'invoice-export'), count(*)
FROM pg_stat_activity WHERE backend_type = 'client backend'
"""


@dataclass
class Watch:
    """What was seen; ``workers`` has the memory of each process of a function."""

    ours: list[int] = field(default_factory=list)
    all: list[int] = field(default_factory=list)
    engine: list[int] = field(default_factory=list)
    workers: dict[int, list[int]] = field(default_factory=dict)
    # Seconds of a processor: of the engine, its functions and the database.
    busy: dict[str, float] = field(default_factory=dict)

    def growth(self) -> float:
        """Return how much a function's process grew, the median of all.

        It compares the last third of the time with the second: the first is warm-up.
        """
        ratios = []
        for sizes in self.workers.values():
            third = len(sizes) // 3
            if third:
                middle = statistics.median(sizes[third : 2 * third])
                ratios.append(statistics.median(sizes[-third:]) / middle)
        return statistics.median(ratios) if ratios else 1.0


class Watcher:
    """Looks every two seconds, in a thread of its own."""

    def __init__(self, laptop: Laptop) -> None:
        self.seen = Watch()
        self._laptop = laptop
        self._engine = Engine(laptop).process
        self._postgres = Postgres(laptop).process
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._before = self._busy()
        self._thread.start()
        return self.seen

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        after = self._busy()
        self.seen.busy = {
            who: sum(after[who].values())
            - sum(self._before[who].get(pid, 0.0) for pid in after[who])
            for who in after
        }

    def _busy(self) -> dict[str, dict[int, float]]:
        assert self._engine is not None
        assert self._postgres is not None
        return {
            "engine": _seconds([self._engine]),
            "functions": _seconds(self._engine.children()),
            "database": _seconds(self._postgres.children()),
        }

    def _look(self) -> None:
        with psycopg.connect(
            self._laptop.url_of("postgres", "postgres"), autocommit=True
        ) as db:
            while not self._over.wait(EVERY_SECONDS):
                ours, everybody = db.execute(CONNECTIONS).fetchone() or (0, 0)
                self.seen.ours.append(ours)
                self.seen.all.append(everybody)
                self._weigh()

    def _weigh(self) -> None:
        assert self._engine is not None
        self.seen.engine.append(self._engine.memory_info().rss)
        for process in self._engine.children():
            # A function's process may end at any time.
            with suppress(psutil.Error):
                size = process.memory_info().rss
                self.seen.workers.setdefault(process.pid, []).append(size)


def _seconds(processes: list[psutil.Process]) -> dict[int, float]:
    """Return the processor's seconds of each process that is alive."""
    found = {}
    for process in processes:
        with suppress(psutil.Error):
            times = process.cpu_times()
            found[process.pid] = times.user + times.system
    return found


def most_connections(laptop: Laptop) -> int:
    """Return the pool's size: one connection for each process that may be alive."""
    functions = aws_client(laptop, "lambda").get_paginator("list_functions")
    return sum(
        PROCESSES_PER_FUNCTION
        for page in functions.paginate()
        for function in page["Functions"]
        if "DATABASE_URL" in function.get("Environment", {}).get("Variables", {})
    )
