"""A history as data: people's acts, faults and the order, drawn from a seed."""

import json
from collections.abc import Sequence
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
    "one column": {"dataset": "billed-amounts", "columns": ["id"]}
    | {"filters": SETTLED["filters"]},
}
# Those whose files the invariants can judge.
JUDGED = ("all", "settled", "open", "recent")
PEOPLE = ("user_alice", "user_bob", "user_carol", "user_dave")
RARE_PEOPLE = ("user_erin", "user_frank")
MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Act:
    """What somebody does, some turns after the begin; ``run`` counts from the first."""

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

    def start(self, user: str | None = None) -> None:
        random = self.random
        user = user or random.choice(PEOPLE * 4 + RARE_PEOPLE)
        self.acts.append(
            Act(
                "start",
                random.choice([0, 0, random.randrange(60)]),
                user,
                "recent" if user == "user_erin" else random.choice(JUDGED),
                key=random.choice([None, None, None, "k1", "k2"]),
            )
        )

    def about_a_run(self, do: str, within: int = 120, run: int | None = None) -> None:
        run = self.random.randrange(3) if run is None else run
        self.acts.append(Act(do, self.random.randrange(within), run=run))

    def fault(self, point: str, kind: Kind, occurrence: int = 1) -> None:
        self.faults.append(Fault(point, kind, occurrence))


def draw(seed: int) -> History:
    """Draw a history around one pair of point and fault; the pairs take turns."""
    random = Random(seed)
    draft = _Draft(random)
    point, kind = PAIRS[seed % len(PAIRS)]
    draft.start()
    _prepare(draft, point)
    draft.fault(point, kind, random.choice([1, 1, 1, 2]))
    # Each history has few kinds of further trouble, so that each of them goes far.
    trouble = random.sample(sorted(TROUBLES), random.choice([0, 1, 2, 2, 3]))
    for name in trouble:
        TROUBLES[name](draft)
    if random.random() < 0.5:
        draft.start()
    return History(
        seed,
        tuple(draft.acts),
        tuple(draft.faults),
        order=random.randrange(2**31),
        max_running=random.choice([1, 2, 10]),
        min_rows=random.choice([2, 3, 3, 10]),
        fine=random.random() < 0.25,
    )


def _prepare(draft: _Draft, point: str) -> None:
    """Add what the point needs to be reached: a second run, a failure, a cancel."""
    label, _, name = point.partition(": ")
    if "start" in name and label != "start":
        draft.start("user_alice")
        draft.start("user_bob")
    if label in ("cancel", "retry"):
        draft.about_a_run("cancel", 60, 0)
    if label == "retry":
        draft.acts.append(Act("retry", 150, run=0))
        draft.acts.append(Act("retry", 400, run=0))
    if "Fail" in label:
        draft.fault(draft.random.choice(FATAL), Kind.EXHAUSTED)
    if name == "emails.release":
        draft.fault("Send Email: send_email", Kind.REFUSED)
    if label == "sweep":
        _prepare_sweep(draft, name)
    if name == "abort_multipart_upload":
        draft.fault("Compose File: upload_part", Kind.REFUSED)


def _prepare_sweep(draft: _Draft, name: str) -> None:
    if name in ("start_execution", "starts.acknowledge"):
        draft.fault("start: start_execution", Kind.REFUSED)
    elif name == "starts.insert":
        draft.fault("Finish Run: starts.insert", Kind.STOPPED)
        draft.fault("Plan Pages: plans.freeze", Kind.STOPPED)
    elif name == "runs.mark_clean":
        draft.about_a_run("cancel", 60, 0)
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


def _more_faults(draft: _Draft) -> None:
    for _ in range(draft.random.choice([1, 1, 2])):
        point, kind = draft.random.choice(PAIRS)
        draft.fault(point, kind, draft.random.choice([1, 1, 2, 3]))


def _same_again(draft: _Draft) -> None:
    first = draft.acts[0]
    for _ in range(draft.random.choice([1, 2])):
        after = draft.random.randrange(80)
        draft.acts.append(replace(first, after=after))


def _duplicate(draft: _Draft) -> None:
    states = ("Plan Pages", "Write Page", "Compose File", "Send Email", "Finish Run")
    for _ in range(draft.random.choice([1, 2, 3])):
        draft.acts.append(
            Act(
                "duplicate",
                draft.random.choice([0, 0, draft.random.randrange(100)]),
                run=draft.random.choice([1, 1, 2]),
                point=draft.random.choice(states),
            )
        )


def _time(draft: _Draft) -> None:
    seconds = draft.random.choice([30, 3 * MINUTE, HOUR, 7 * HOUR, DAY, 4 * DAY])
    draft.acts.append(Act("clock", draft.random.randrange(200), seconds=seconds))


def _restart(draft: _Draft) -> None:
    draft.acts.append(Act("restart", draft.random.randrange(150)))


def _sweep(draft: _Draft) -> None:
    for _ in range(draft.random.choice([1, 2])):
        draft.acts.append(Act("sweep", draft.random.randrange(200)))


def _cancel_and_retry(draft: _Draft) -> None:
    draft.about_a_run("cancel")
    if draft.random.random() < 0.5:
        draft.about_a_run("retry", 300)


def _mail_events(draft: _Draft) -> None:
    for _ in range(draft.random.choice([1, 2])):
        kind = draft.random.choice(["Send", "Delivery", "Reject", "Bounce"])
        after = draft.random.randrange(60, 250)
        draft.acts.append(
            Act("mail event", after, point=kind, run=draft.random.randrange(2))
        )


TROUBLES = {
    "cancel and retry": _cancel_and_retry,
    "database restart": _restart,
    "duplicates": _duplicate,
    "events about mail": _mail_events,
    "late row": lambda draft: draft.about_a_run("late row"),
    "lost part": lambda draft: draft.about_a_run("lose part"),
    "more faults": _more_faults,
    "repeated events": lambda draft: draft.about_a_run("event", 300),
    "same request again": _same_again,
    "sweep": _sweep,
    "time": _time,
}
