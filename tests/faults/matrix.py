"""The matrix: every point, kind and occurrence, in every scenario that reaches it."""

import multiprocessing
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from moto import mock_aws

from tests.faults.breaks import Mutant
from tests.faults.injector import Fault, Kind, kinds_for
from tests.faults.invariants import violations
from tests.faults.laboratory import Laboratory
from tests.faults.mutants import MUTANTS, applied
from tests.faults.scenarios import CALM, SCENARIOS

ABOUT_DATASETS = {
    "Plan Pages": "redeployed",
    "Write Page": "filtered",
    "Compose File": "filtered",
}

Item = TypeVar("Item")
Answer = TypeVar("Answer")


CRASHED = "crashed: "
FAILED = "one temporary fault made a run fail"


@dataclass(frozen=True)
class Case:
    """One run of a scenario; the run without a fault shows which points it reaches."""

    scenario: str
    fault: Fault | None = None
    # How many runs fail without an injected fault; None until the dry run has counted.
    failures: int | None = None


@dataclass(frozen=True)
class Outcome:
    """How a case ended."""

    case: Case
    fired: int
    seen: dict[str, int]
    failures: int = 0
    violations: list[str] = field(default_factory=list)

    @property
    def is_seen(self) -> bool:
        """Whether an invariant noticed something.

        A crash is no invariant, and a run that failed does not tell what was wrong.
        """
        return any(not each.startswith((CRASHED, FAILED)) for each in self.violations)

    def __str__(self) -> str:
        fault = self.case.fault
        where = f"{fault.point} {fault.kind} ({fault.occurrence})" if fault else "-"
        told = (
            f"{each} ({count} times)" if count > 1 else each
            for each, count in Counter(self.violations).items()
        )
        return f"{self.case.scenario}, {where}: {'; '.join(told)}"


def run_case(lab: Laboratory, case: Case) -> Outcome:
    lab.reset()
    lab.injector.reset(case.fault)
    failures = 0
    try:
        (SCENARIOS | CALM)[case.scenario](lab)
    except Exception:  # noqa: BLE001 - a step that crashes is a violation
        told = traceback.format_exc(limit=-1).strip().splitlines()
        found = [f"{CRASHED}{told[-1]}"]
    else:
        found = violations(lab)
        failures = len(lab.rows("SELECT 1 FROM exports WHERE status = 'failed'"))
        expected = failures if case.failures is None else case.failures
        if _must_go_on(case.fault) and failures > expected:
            found.append(FAILED)
    seen = dict(lab.injector.seen)
    return Outcome(case, lab.injector.fired, seen, failures, found)


def _must_go_on(fault: Fault | None) -> bool:
    """Return whether retries must save the runs; people's requests have no retry.

    A fault that stops an execution, or outlasts all retries, may end the run.
    """
    if fault is None:
        return True
    by_people = fault.point.startswith(("start", "cancel", "retry"))
    return fault.kind not in (Kind.STOPPED, Kind.EXHAUSTED) and not by_people


def cases_of(dry: Iterable[Outcome]) -> Iterator[Case]:
    """Yield every fault of every scenario, scenarios with the fewest effects first."""
    for outcome in sorted(dry, key=lambda outcome: sum(outcome.seen.values())):
        for point, count in sorted(outcome.seen.items()):
            for kind in kinds_for(point):
                for occurrence in range(1, min(count, 2) + 1):
                    fault = Fault(point, kind, occurrence)
                    yield Case(outcome.case.scenario, fault, outcome.failures)


def once_each(cases: Iterable[Case]) -> Iterator[tuple[Case, bool]]:
    """Yield each case, and whether it is the first with its point and kind.

    The states that read a dataset meet their faults in the scenarios about datasets.
    """
    known: set[tuple[str, Kind]] = set()
    for case in sorted(cases, key=_is_elsewhere):
        assert case.fault is not None
        pair = (case.fault.point, case.fault.kind)
        yield case, pair not in known
        known.add(pair)


def _is_elsewhere(case: Case) -> bool:
    state, _, _ = case.fault.point.partition(":") if case.fault else ("", "", "")
    return case.scenario != ABOUT_DATASETS.get(state)


_lab: Laboratory | None = None


def laboratory(app_url: str, admin_url: str) -> Laboratory:
    """Return this process's laboratory; moto stays active until the process ends."""
    global _lab  # noqa: PLW0603
    if _lab is None:
        mock_aws().start()
        _lab = Laboratory.build(app_url, admin_url)
    return _lab


def run_cases(urls: tuple[str, str], cases: list[Case]) -> list[Outcome]:
    lab = laboratory(*urls)
    return [run_case(lab, case) for case in cases]


@dataclass(frozen=True)
class Kill:
    """A mutant's result: the first case that caught it, or None.

    ``missing`` and ``strange`` are the named violations that this case lacks, and its
    violations that nobody named. A run may fail besides.
    """

    mutant: str
    noticed: str | None
    runs: int
    missing: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()


def run_mutants(urls: tuple[str, str], mutants: list[str]) -> list[Kill]:
    lab = laboratory(*urls)
    return [run_mutant(lab, name) for name in mutants]


def run_mutant(lab: Laboratory, name: str) -> Kill:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    runs = 0
    for scenario in mutant.scenarios:
        dry = run_case(lab, Case(scenario))
        assert not dry.violations, f"{scenario} fails without the mutant: {dry}"
        cases = [case for case in cases_of([dry]) if _is_about(case, mutant.points)]
        for case in [Case(scenario, failures=dry.failures), *cases]:
            runs += 1
            with applied(name, lab):
                outcome = run_case(lab, case)
            if outcome.is_seen:
                return _killed(mutant, outcome, runs)
    return Kill(name, None, runs)


def _killed(mutant: Mutant, outcome: Outcome, runs: int) -> Kill:
    named, found = mutant.noticed_by, sorted({*outcome.violations} - {FAILED})
    return Kill(
        mutant.name,
        str(outcome),
        runs,
        missing=tuple(n for n in named if not any(n in each for each in found)),
        strange=tuple(e for e in found if not any(n in e for n in named)),
    )


def _is_about(case: Case, points: str) -> bool:
    return case.fault is not None and case.fault.point.startswith(points)


class Workers:
    """A pool with one process for each database."""

    def __init__(self, databases: list[tuple[str, str]]) -> None:
        self._databases = databases
        context = multiprocessing.get_context("spawn")
        self._pools = [ProcessPoolExecutor(1, context) for _ in databases]

    def run(self, cases: list[Case]) -> list[Outcome]:
        return self.share(run_cases, cases)

    def run_mutants(self, names: list[str]) -> list[Kill]:
        return self.share(run_mutants, names)

    def share(
        self,
        work: Callable[[tuple[str, str], list[Item]], list[Answer]],
        items: list[Item],
    ) -> list[Answer]:
        """Do the work in all processes, each with a share of the items."""
        share = len(self._databases)
        futures = [
            pool.submit(work, urls, items[number::share])
            for number, (pool, urls) in enumerate(
                zip(self._pools, self._databases, strict=True)
            )
        ]
        return [answer for future in futures for answer in future.result()]

    def close(self) -> None:
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)
