"""Makes a history that violates something as small as it can."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.faults.simulation.history import HALF_DAY, History

MOST_RUNS = 200


def shrink(
    history: History, still_wrong: Callable[[History], bool], most: int = MOST_RUNS
) -> History:
    """Drop acts, faults and the mixed order as long as ``still_wrong`` holds."""
    runs = 0
    while True:
        for smaller in _smaller(history):
            if runs == most:
                return history
            runs += 1
            if still_wrong(smaller):
                history = smaller
                break
        else:
            return history


def _smaller(history: History) -> Iterator[History]:
    """Yield histories with one thing less, the largest steps first."""
    half = len(history.acts) // 2
    if half > 1:
        yield replace(history, acts=history.acts[:half])
        yield replace(history, acts=history.acts[half:])
    if history.order is not None:
        yield replace(history, order=None)
    if history.fine:
        yield replace(history, fine=False)
    yield from _without_one(history)
    yield from _plainer(history)


def _without_one(history: History) -> Iterator[History]:
    for n in range(len(history.acts)):
        yield replace(history, acts=history.acts[:n] + history.acts[n + 1 :])
    for n in range(len(history.faults)):
        yield replace(history, faults=history.faults[:n] + history.faults[n + 1 :])


def _plainer(history: History) -> Iterator[History]:
    for n, act in enumerate(history.acts):
        for plain in (replace(act, after=0), replace(act, key=None)):
            if plain != act:
                acts = (*history.acts[:n], plain, *history.acts[n + 1 :])
                yield replace(history, acts=acts)
    for setting in ({"max_running": 10}, {"min_rows": 10}, {"to_midnight": HALF_DAY}):
        plainer = replace(history, **setting)  # type: ignore[arg-type]
        if plainer != history:
            yield plainer
