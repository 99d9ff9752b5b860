"""Measurements in rounds: each round runs all contenders in a random order."""

import os
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

T = TypeVar("T")

console = Console(highlight=False, width=110)


@dataclass(frozen=True)
class Result:
    """Seconds of one contender.

    ``speed`` is the median of the rounds' ratios: the baseline's seconds to its own.
    """

    name: str
    median: float
    minimum: float
    maximum: float
    speed: float
    seconds: list[float]


@dataclass(frozen=True)
class Comparison:
    """The results of all contenders; the baseline has speed 1.0."""

    title: str
    baseline: str
    results: list[Result]

    def seconds(self, name: str) -> list[float]:
        return next(result.seconds for result in self.results if result.name == name)

    def ratio(self, name: str, other: str) -> float:
        """Return the median of the rounds' ratios: seconds of one to the other's."""
        return statistics.median(
            own / others
            for own, others in zip(self.seconds(name), self.seconds(other), strict=True)
        )

    def markdown(self, of: str) -> str:
        """Return the table of the documents; ``of`` is the last column's head."""
        lines = [f"| | median | min | max | {of} |", "|---|---|---|---|---|"]
        for result in self.results:
            times = (result.median, result.minimum, result.maximum)
            cells = [f"{time:.2f}" for time in times]
            cells.append(f"{self.ratio(result.name, self.baseline):.2f}")
            lines.append(f"| {' | '.join([result.name, *cells])} |")
        return "\n".join(lines)

    def dump(self) -> dict[str, Any]:
        return asdict(self)


def clocked(call: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds that a call took, and its answer."""
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


def clock(run: Callable[[], object]) -> Callable[[], float]:
    """Return a function that calls ``run`` and returns the seconds it took."""
    return lambda: clocked(run)[0]


def compare(
    title: str,
    contenders: Mapping[str, Callable[[], float]],
    *,
    baseline: str,
    rounds: int,
    warm_up: bool = True,
) -> Comparison:
    """Run a warm-up and ``rounds`` rounds of all contenders, and print the table.

    A contender returns the seconds that it took: see :func:`clock`.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for run in contenders.values() if warm_up else ():
        run()
    for _ in range(rounds):
        for name in random.sample(list(contenders), len(contenders)):
            # A contender must not pay for the pending writes of another.
            os.sync()
            seconds[name].append(contenders[name]())
    return _compared(title, seconds, baseline)


def _compared(
    title: str, seconds: Mapping[str, list[float]], baseline: str
) -> Comparison:
    comparison = Comparison(
        title,
        baseline,
        [
            Result(
                name,
                statistics.median(times),
                min(times),
                max(times),
                statistics.median(
                    base / own
                    for base, own in zip(seconds[baseline], times, strict=True)
                ),
                times,
            )
            for name, times in seconds.items()
        ],
    )
    show(comparison)
    return comparison


def show(comparison: Comparison) -> None:
    """Print the seconds of each contender and its speed against the baseline."""
    table = Table(title=comparison.title, title_justify="left")
    table.add_column("contender")
    for column in ("median s", "min s", "max s", "speed"):
        table.add_column(column, justify="right")
    for result in comparison.results:
        times = (result.median, result.minimum, result.maximum)
        table.add_row(
            result.name, *(f"{time:.3f}" for time in times), f"{result.speed:.2f}"
        )
    console.print(table)
