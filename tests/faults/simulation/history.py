"""A history as data: people's acts, faults and the order, drawn from a seed."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from random import Random
from typing import Any

from tests.faults.dataset import OPEN, RECENT, SETTLED
from tests.faults.injector import Fault, Kind, kinds_for
from tests.faults.points import POINTS

PAIRS: Sequence[tuple[str, Kind]] = [
    pair for point in sorted(POINTS) for pair in product([point], kinds_for(point))
]
REQUESTS: dict[str, dict[str, Any]] = {
    "all": {},
    "settled": SETTLED,
    "open": OPEN,
    "recent": RECENT,
}
REQUESTED = tuple(REQUESTS)
PEOPLE = ("user_alice", "user_bob", "user_carol", "user_dave")
RARE_PEOPLE = ("user_erin", "user_frank")
MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Act:
    """What somebody does, so many effects after the begin, to the run of a number."""

    do: str
    after: int = 0
    user: str = ""
    request: str = "all"
    key: str | None = None
    run: int = 0
    seconds: int = 0
    point: str = ""


@dataclass(frozen=True)
class History:
    """All choices; the same history has the same course."""

    seed: int
    acts: tuple[Act, ...]
    faults: tuple[Fault, ...] = ()
    # Which process goes on; None lets each run to its end.
    order: int | None = 0
    max_running: int = 10
    min_rows: int = 3
    # Give way before every statement, not only at the edges of effects.
    fine: bool = False

    def dump(self) -> str:
        """Return the history as JSON."""
        return json.dumps(
            {
                **asdict(self),
                "acts": [_without_defaults(act) for act in self.acts],
            }
        )

    @classmethod
    def load(cls, text: str) -> "History":
        fields = json.loads(text)
        fields["acts"] = tuple(Act(**act) for act in fields["acts"])
        fields["faults"] = tuple(
            Fault(f["point"], Kind(f["kind"]), f["occurrence"])
            for f in fields["faults"]
        )
        return cls(**fields)


def _without_defaults(act: Act) -> dict[str, Any]:
    usual = asdict(Act(""))
    return {key: it for key, it in asdict(act).items() if it != usual[key]}


@dataclass
class _Draft:
    random: Random
    acts: list[Act] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def start(self, user: str | None = None, after: int | None = None) -> None:
        random = self.random
        user = user or random.choice(PEOPLE * 4 + RARE_PEOPLE)
        after = random.choice([0, 0, random.randrange(15)]) if after is None else after
        request = "recent" if user == "user_erin" else random.choice(REQUESTED)
        key = random.choice([None, None, None, "k1", "k2"])
        self.acts.append(Act("start", after, user, request, key))

    def act(self, do: str, earliest: int, latest: int, **more: Any) -> None:
        more.setdefault("run", self.random.randrange(3))
        self.acts.append(Act(do, self.random.randint(earliest, latest), **more))

    def fault(self, point: str, kind: Kind, occurrence: int = 1) -> None:
        self.faults.append(Fault(point, kind, occurrence))


def draw(seed: int) -> History:
    """Draw a history around one pair of point and fault; the pairs take turns."""
    random = Random(seed)
    draft = _Draft(random)
    point, kind = PAIRS[seed % len(PAIRS)]
    draft.start(random.choice(PEOPLE))
    _prepare(draft, point)
    draft.fault(point, kind, random.choice([1, 1, 1, 1, 2]))
    # Each history has few kinds of further trouble, so that each of them goes far.
    for name in random.sample(sorted(TROUBLES), random.choice([0, 1, 2, 2, 3])):
        TROUBLES[name](draft)
    if random.random() < 0.3:
        draft.start()
    return History(
        seed,
        tuple(_judgeable(draft.acts)),
        tuple(draft.faults),
        order=random.randrange(2**31),
        max_running=random.choice([1, 2, 10]),
        min_rows=random.choice([2, 3, 3, 10]),
        fine=random.random() < 0.25,
    )


def _judgeable(acts: list[Act]) -> Iterator[Act]:
    """Let requests for late rows name a dataset whose expectation has a cut-off."""
    late = any(act.do == "late row" for act in acts)
    for act in acts:
        everything = act.do == "start" and act.request == "all"
        yield replace(act, request="settled") if late and everything else act


def _prepare(draft: _Draft, point: str) -> None:
    """Add what the point needs to be reached: a second run, a failure, a cancel."""
    label, _, name = point.partition(": ")
    if point == "start: lane.open":
        draft.acts.append(replace(draft.acts[0], after=5))
    elif point == "start: audit.append" or (
        "start" in name and label not in ("start", "retry")
    ):
        draft.start("user_alice", 0)
        draft.start("user_bob", 3)
    if label == "cancel":
        earliest, latest = CANCELS.get(name, (4, 8))
        draft.act("cancel", earliest, latest, run=0)
        draft.act("cancel", earliest, latest, run=1)
    if label == "retry":
        draft.act("cancel", 4, 8, run=0)
        draft.act("retry", 9, 12, run=0)
        draft.act("retry", 30, 40, run=0)
    if label == "sweep":
        _prepare_sweep(draft, name)
    _prepare_failure(draft, point)


def _prepare_failure(draft: _Draft, point: str) -> None:
    label, _, name = point.partition(": ")
    if point == "Record Failure: events.insert":
        draft.start("user_frank", 0)
    elif "Fail" in label:
        draft.fault(draft.random.choice(FATAL), Kind.EXHAUSTED)
    if name == "emails.release":
        draft.fault("Send Email: send_email", Kind.REFUSED)
    if name == "abort_multipart_upload":
        draft.fault("Compose File: upload_part", Kind.DIES_BEFORE)


# When to cancel, so that there is something to delete or to stop.
CANCELS = {"delete_objects": (8, 12)}


def _prepare_sweep(draft: _Draft, name: str) -> None:
    if name in ("start_execution", "starts.acknowledge"):
        draft.fault("start: start_execution", Kind.REFUSED)
    elif name == "starts.insert":
        draft.fault("Record Failure: starts.insert", Kind.EXHAUSTED)
        draft.fault("Plan Pages: plans.freeze", Kind.EXHAUSTED)
        draft.fault("event: starts.insert", Kind.EXHAUSTED)
    elif name == "runs.mark_clean":
        draft.act("cancel", 8, 12, run=0)
        draft.fault("cancel: delete_objects", Kind.DIES_BEFORE)
    else:
        draft.fault(draft.random.choice(FATAL), Kind.EXHAUSTED)
        draft.fault("Send Failure Email: emails.claim", Kind.EXHAUSTED)


FATAL = (
    "Write Page: put_object",
    "Compose File: create_multipart_upload",
    "Plan Pages: plans.freeze",
    "Compose File: runs.record_file",
)
USUAL = (
    "Plan Pages",
    "Write Page",
    "Compose File",
    "Send Email",
    "Finish Run",
    "start",
)


def _more_faults(draft: _Draft) -> None:
    usual = [pair for pair in PAIRS if pair[0].startswith(USUAL)]
    for _ in range(draft.random.choice([1, 2, 3])):
        point, kind = draft.random.choice(draft.random.choice([PAIRS, usual, usual]))
        draft.fault(point, kind, draft.random.choice([1, 1, 1, 2, 3]))


def _same_again(draft: _Draft) -> None:
    first = draft.acts[0]
    for _ in range(draft.random.choice([1, 2])):
        draft.acts.append(replace(first, after=draft.random.randrange(20)))


def _duplicate(draft: _Draft) -> None:
    states = ("Plan Pages", "Write Page", "Compose File", "Send Email", "Finish Run")
    for _ in range(draft.random.choice([1, 2, 3])):
        late = draft.random.choice([0, 0, 20, 60])
        state, entry = draft.random.choice(states), draft.random.choice([1, 1, 2])
        draft.act("duplicate", 0, late, run=entry, point=state)


def _time(draft: _Draft) -> None:
    seconds = draft.random.choice([30, 3 * MINUTE, HOUR, 7 * HOUR, DAY, 4 * DAY])
    draft.act("clock", 0, 40, seconds=seconds)


def _sweep(draft: _Draft) -> None:
    for _ in range(draft.random.choice([1, 2])):
        draft.act("sweep", 0, 40)


def _cancel_and_retry(draft: _Draft) -> None:
    draft.act("cancel", 2, 22)
    if draft.random.random() < 0.5:
        draft.act("retry", 5, 40)


def _mail_events(draft: _Draft) -> None:
    for _ in range(draft.random.choice([1, 2])):
        kind = draft.random.choice(["Send", "Delivery"])
        draft.act("mail event", 15, 30, point=kind)


TROUBLES: dict[str, Callable[[_Draft], None]] = {
    "cancel and retry": _cancel_and_retry,
    "database restart": lambda draft: draft.act("restart", 0, 25),
    "duplicates": _duplicate,
    "events about mail": _mail_events,
    "late row": lambda draft: draft.act("late row", 4, 12),
    "lost part": lambda draft: draft.act("lose part", 5, 12),
    "more faults": _more_faults,
    "repeated events": lambda draft: draft.act("event", 15, 50),
    "same request again": _same_again,
    "sweep": _sweep,
    "time": _time,
}
