"""What only a whole history can tell: whether its faults may make a run fail."""

from collections.abc import Iterator

from tests.faults.injector import Kind
from tests.faults.laboratory import Laboratory
from tests.faults.simulation.history import History

LASTING = {Kind.STOPPED, Kind.EXHAUSTED}
# Acts that end runs, or let retries run out.
ENDING = {"cancel", "retry", "clock", "lose part", "deploy views", "renew workers"}
# Each state has more retries than that.
FEW = 2
FAILED = """
SELECT error_code FROM exports
WHERE status = 'failed' AND error_code <> 'EMPTY_RESULTSET'
"""


def passing_faults(lab: Laboratory, history: History) -> Iterator[str]:
    """Yield a violation if a run failed though each of its faults passed."""
    lasting = any(fault.kind in LASTING for fault in history.faults)
    ended = any(act.do in ENDING for act in history.acts)
    if lasting or ended or len(history.faults) > FEW:
        return
    for run in lab.rows(FAILED):
        yield f"faults that passed made a run fail with {run['error_code']}"
