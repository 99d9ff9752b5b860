"""Whether the queue was fair: who waited, for how long, and for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil


@dataclass(frozen=True)
class Stay:
    """One run, from the moment that it was queued until it ended."""

    organization_id: str
    queued: datetime
    started: datetime
    ended: datetime

    @property
    def waited(self) -> float:
        return (self.started - self.queued).total_seconds()

    @property
    def lasted(self) -> float:
        return (self.ended - self.started).total_seconds()


@dataclass(frozen=True)
class Wait:
    """How long one run waited, and what those before it explain of that."""

    stay: Stay
    # Runs that were queued earlier and had not ended when this one was queued.
    before: int
    # What these runs worked during the wait, divided by the places.
    explained: float
    # The longest that so many runs can take.
    bound: float
    # Runs that were queued later and started earlier.
    overtaken_by: int


def waits(stays: Sequence[Stay], places: int) -> list[Wait]:
    """Return each run's wait, when as many run at once as there are places."""
    longest = max(stay.lasted for stay in stays)
    found = []
    for mine in stays:
        before = [s for s in stays if s.queued < mine.queued < s.ended]
        work = sum(_both(mine, other) for other in before)
        later = [s for s in stays if s.queued > mine.queued]
        found.append(
            Wait(
                stay=mine,
                before=len(before),
                explained=work / places,
                bound=ceil((len(before) + 1) / places) * longest,
                overtaken_by=sum(s.started < mine.started for s in later),
            )
        )
    return found


def unfair(found: Sequence[Wait], at_once: int) -> list[str]:
    """Return who waited longer than those before them explain.

    ``at_once`` requests commit at the same time, in any order: so many may overtake.
    """
    return [
        f"{wait.stay.organization_id} waited {wait.stay.waited:.1f} s behind"
        f" {wait.before} runs, which explain {wait.bound:.1f} s;"
        f" {wait.overtaken_by} overtook it"
        for wait in found
        if wait.stay.waited > wait.bound or wait.overtaken_by > at_once
    ]


def _both(waiting: Stay, running: Stay) -> float:
    """Return the seconds in which one waited while the other ran."""
    until = min(waiting.started, running.ended)
    return max(0.0, (until - max(waiting.queued, running.started)).total_seconds())
