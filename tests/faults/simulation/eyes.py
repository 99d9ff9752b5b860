"""Judges what a history leaves: all invariants, and what only a whole history tells."""

from collections.abc import Iterator
from itertools import pairwise

from tests.faults.injector import Kind
from tests.faults.invariants import violations
from tests.faults.laboratory import Laboratory
from tests.faults.simulation.history import History
from tests.faults.simulation.surroundings import read_all

LASTING = {Kind.STOPPED, Kind.EXHAUSTED}
# Acts that end runs, or let retries run out.
ENDING = {"clock", "lose part", "deploy views", "renew workers"}
# Each state has more retries than that.
FEW = 2
TIMES = """
SELECT started_at, completed_at FROM exports
WHERE started_at IS NOT NULL ORDER BY started_at
"""
FAILED = """
SELECT error_code FROM exports
WHERE status = 'failed' AND error_code <> 'EMPTY_RESULTSET'
"""


def judge(lab: Laboratory, history: History) -> Iterator[str]:
    """Judge each organisation's lane by itself, and the cap of one over all.

    Two starts at the same time may begin in another order than their rows say.
    """
    lab.lane = lab.lane._replace(max_running=10)
    read_all(lab)
    yield from violations(lab)
    yield from _passing_faults(lab, history)
    if history.max_running == 1:
        yield from _cap_of_one(lab)


def _cap_of_one(lab: Laboratory) -> Iterator[str]:
    for before, after in pairwise(lab.rows(TIMES)):
        if (before["completed_at"] or before["started_at"]) > after["started_at"]:
            yield "two runs ran at once under a cap of one"


def _passing_faults(lab: Laboratory, history: History) -> Iterator[str]:
    """Yield a violation if a run failed though each of its faults passed."""
    lasting = any(fault.kind in LASTING for fault in history.faults)
    ended = any(act.do in ENDING for act in history.acts)
    if lasting or ended or len(history.faults) > FEW:
        return
    for run in lab.rows(FAILED):
        yield f"faults that passed made a run fail with {run['error_code']}"
