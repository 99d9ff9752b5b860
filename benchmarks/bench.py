"""What all measurements share: the place, the sizes and the results."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.measure import Comparison, compare
from local.config import Laptop


@dataclass
class Bench:
    """One run of the measurements, to which each section adds its results."""

    place: Laptop
    quick: bool
    facts: dict[str, Any] = field(default_factory=dict)
    comparisons: dict[str, Comparison] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        return 3 if self.quick else 9

    @property
    def rounds_of_moments(self) -> int:
        """Rounds of what takes milliseconds, so that one bad second decides nothing."""
        return 3 * self.rounds

    @property
    def rows(self) -> int:
        """Rows of the big tenant."""
        return 300_000 if self.quick else 3_000_000

    @property
    def export_rows(self) -> int:
        """Rows of the tenant whose whole export is compared with other ways."""
        return 100_000 if self.quick else 1_000_000

    @property
    def tenants(self) -> tuple[int, ...]:
        """The rows of each other tenant; the last one is for whole exports."""
        smaller = (240, 1_000, 10_000, 100_000)
        return smaller if self.quick else (*smaller, 300_000, 1_000_000)

    def compare(
        self,
        name: str,
        title: str,
        contenders: dict[str, Callable[[], float]],
        baseline: str,
        *,
        rounds: int | None = None,
        warm_up: bool = True,
    ) -> None:
        """Compare contenders by the seconds that each call returns."""
        self.comparisons[name] = compare(
            title,
            contenders,
            baseline=baseline,
            rounds=rounds or self.rounds,
            warm_up=warm_up,
        )

    def speed(
        self, curve: str, point: int, title: str, rows: int, run: Callable[[], float]
    ) -> None:
        """Add a point to a curve of rows per second."""
        one = compare(title, {"export": run}, baseline="export", rounds=3)
        self.facts.setdefault(curve, {})[point] = rows / one.results[0].median
