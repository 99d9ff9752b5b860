"""The first export of a stack that has just started, beside a warm one."""

from benchmarks.bench import Bench
from benchmarks.database import organization_of
from benchmarks.stack import SMALL, Client, running
from local import stack

ROUNDS = 5
# The second and the third still find something cold.
EXPORTS = 4


class Starts:
    """Starts the stack for each round and reports two of its exports in turn."""

    def __init__(self, bench: Bench) -> None:
        self._place = bench.place
        self._first: list[float] = []
        self._warm: list[float] = []

    def first(self) -> float:
        return self._next(self._first)

    def warm(self) -> float:
        return self._next(self._warm)

    def _next(self, series: list[float]) -> float:
        if not series:
            stack.down(self._place)
            facts = stack.up(self._place, lambda _: None)
            client = Client(self._place, facts, organization_of(SMALL))
            seconds = [client.export()[1] for _ in range(EXPORTS)]
            client.close()
            self._first.append(seconds[0])
            self._warm.append(seconds[-1])
        return series.pop()


def first_export(bench: Bench) -> None:
    """Compare the first export after a start of the stack with a warm one."""
    starts = Starts(bench)
    with running(bench):
        bench.compare(
            "first",
            f"Export of {SMALL} rows on the laptop stack, from POST to completed",
            {"warm": starts.warm, "first after the start": starts.first},
            "warm",
            rounds=ROUNDS,
        )
