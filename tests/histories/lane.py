"""What an organisation's lane answers to one call after the other."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tests.histories.checker import Call

# A requester and the idempotency key.
Request = tuple[str, str]
# A run's id, status, attempt and place in the queue.
Shown = tuple[str | None, str, int, int | None]
# Also "mailing": running for whoever watches, but past the last moment to cancel.
SHOWN = {"mailing": "running"}


@dataclass(frozen=True)
class Run:
    """A run in the model; a start without an answer leaves its id unknown."""

    request: Request
    id: str | None
    status: str = "queued"
    attempt: int = 1


@dataclass(frozen=True)
class Lane:
    """The runs by request, and the order of those that wait."""

    runs: tuple[Run, ...] = ()
    queue: tuple[Request, ...] = ()

    def __str__(self) -> str:
        runs = [f"{r.id} {r.status} ({r.attempt})" for r in self.runs]
        return f"{', '.join(runs)}; waiting: {[self.of(q).id for q in self.queue]}"

    def of(self, request: Request) -> Run:
        return next(run for run in self.runs if run.request == request)

    def put(self, run: Run) -> "Lane":
        others = [r for r in self.runs if r.request != run.request]
        runs = sorted([*others, run], key=lambda r: r.request)
        return replace(self, runs=tuple(runs))

    def enqueue(self, run: Run) -> "Lane":
        """Put the run at the end, and start it if nothing runs."""
        lane = self.put(replace(run, status="queued"))
        return replace(lane, queue=(*self.queue, run.request)).promote()

    def end(self, run: Run, status: str) -> "Lane":
        waiting = tuple(request for request in self.queue if request != run.request)
        lane = replace(self.put(replace(run, status=status)), queue=waiting)
        return lane.promote()

    def promote(self) -> "Lane":
        busy = any(run.status in {"running", "mailing"} for run in self.runs)
        if busy or not self.queue:
            return self
        head = replace(self.of(self.queue[0]), status="running")
        return replace(self.put(head), queue=self.queue[1:])

    def shown(self, run: Run) -> Shown:
        """Return a run as the API shows it."""
        waits = run.status == "queued"
        place = self.queue.index(run.request) + 1 if waits else None
        return run.id, SHOWN.get(run.status, run.status), run.attempt, place


def _same_runs(lane: Lane, listed: frozenset[Shown]) -> bool:
    """Compare all runs, by id where it is known from an answer."""
    known = {run.id for run in lane.runs}
    named = Counter((id_ if id_ in known else None, *rest) for id_, *rest in listed)
    return named == Counter(lane.shown(run) for run in lane.runs)


class LaneModel:
    """A lane whose stage has room for it, and whose runs all complete.

    The answers: of ``start`` the id, the status and whether it was there before,
    of ``retry`` the last two, or ``("RUN_COMPLETED", True)``; of ``cancel`` a word, of
    ``show`` status, attempt and place, of ``list`` all runs.
    """

    def start(self) -> Lane:
        return Lane()

    def alone(self, lane: Lane) -> Iterator[Lane]:
        for run in lane.runs:
            if run.status == "running":
                yield lane.put(replace(run, status="mailing"))
            elif run.status == "mailing":
                yield lane.end(run, "completed")

    def only_reads(self, call: Call) -> bool:
        if call.ended is None:
            return False
        if call.name in {"start", "retry"}:
            return call.answer[-1] is True
        return call.name != "cancel" or call.answer != "cancelled"

    def after(self, lane: Lane, call: Call) -> Iterable[Lane]:
        if call.name == "list":
            return [lane] if _same_runs(lane, call.answer) else []
        if call.name == "start":
            return self._start(lane, call)
        run = next((r for r in lane.runs if r.id == call.arguments[0]), None)
        if run is None:
            return []
        if call.name == "show":
            return [lane] if call.answer == lane.shown(run)[1:] else []
        change = self._retry if call.name == "retry" else self._cancel
        return change(lane, run, call)

    def _start(self, lane: Lane, call: Call) -> list[Lane]:
        request: Request = call.arguments
        id_ = call.answer[0] if call.answer else None
        run = next((r for r in lane.runs if r.request == request), None)
        if run is None:
            if id_ is not None and any(other.id == id_ for other in lane.runs):
                return []
            return self._queued(lane, Run(request, id_), call)
        if id_ is not None:
            if run.id not in {None, id_}:
                return []
            run = replace(run, id=id_)
        return self._again(lane.put(run), run, call)

    def _retry(self, lane: Lane, run: Run, call: Call) -> list[Lane]:
        if run.status == "completed":
            return [lane] if call.answer in {None, ("RUN_COMPLETED", True)} else []
        return self._again(lane, run, call)

    def _again(self, lane: Lane, run: Run, call: Call) -> list[Lane]:
        """Queue a cancelled run once more; every other one stays as it is."""
        if run.status == "cancelled":
            return self._queued(lane, replace(run, attempt=run.attempt + 1), call)
        answer = (lane.shown(run)[1], True)
        return [lane] if call.answer is None or call.answer[-2:] == answer else []

    def _queued(self, lane: Lane, run: Run, call: Call) -> list[Lane]:
        after = lane.enqueue(run)
        answer = (after.of(run.request).status, False)
        return [after] if call.answer is None or call.answer[-2:] == answer else []

    def _cancel(self, lane: Lane, run: Run, call: Call) -> list[Lane]:
        answer, after = {
            "completed": ("RUN_ENDED", lane),
            "mailing": ("RUN_COMPLETING", lane),
            "cancelled": ("cancelled", lane),
        }.get(run.status, ("cancelled", None))
        if call.answer not in {None, answer}:
            return []
        return [after or lane.end(run, "cancelled")]
