"""What goes wrong in a history besides the fault that it is drawn around."""

from collections.abc import Callable
from dataclasses import replace

from tests.faults.injector import Kind
from tests.faults.simulation.draft import PAIRS, Draft
from tests.faults.simulation.history import DAY, HOUR, MINUTE, NEARLY

STOPPABLE = [point for point, kind in PAIRS if kind is Kind.STOPPED]
USUAL = (
    "Plan Pages",
    "Write Page",
    "Compose File",
    "Send Email",
    "Finish Run",
    "start",
)


def _more_faults(draft: Draft) -> None:
    usual = [pair for pair in PAIRS if pair[0].startswith(USUAL)]
    for _ in range(draft.random.choice([1, 2, 3])):
        point, kind = draft.random.choice(draft.random.choice([PAIRS, usual, usual]))
        draft.fault(point, kind, draft.random.choice([1, 1, 1, 2, 3]))


def _same_again(draft: Draft) -> None:
    first = draft.acts[0]
    for _ in range(draft.random.choice([1, 2])):
        draft.acts.append(replace(first, after=draft.random.randrange(20)))


def _duplicate(draft: Draft) -> None:
    states = ("Plan Pages", "Write Page", "Compose File", "Send Email", "Finish Run")
    for _ in range(draft.random.choice([1, 2, 3])):
        late = draft.random.choice([0, 0, 20, 60])
        state, entry = draft.random.choice(states), draft.random.choice([1, 1, 2])
        draft.act("duplicate", 0, late, run=entry, point=state)


def _time(draft: Draft) -> None:
    lengths = [30, 3 * MINUTE, HOUR, 7 * HOUR, DAY, 4 * DAY, 9 * DAY]
    draft.act("clock", 0, 40, seconds=draft.random.choice(lengths))


def _midnight(draft: Draft) -> None:
    """A day ends at any moment of the work; somebody asks again on the next."""
    draft.to_midnight = NEARLY
    draft.act("clock", 0, 25, seconds=NEARLY)
    _same_again(draft)


def _redrive(draft: Draft) -> None:
    """Somebody stops an execution, or the time limit does, and somebody redrives it."""
    if draft.random.random() < 0.8:
        draft.fault(draft.random.choice(STOPPABLE), Kind.STOPPED)
    else:
        draft.act("clock", 3, 15, seconds=7 * HOUR)
    for _ in range(draft.random.choice([1, 1, 2])):
        draft.act("redrive", 5, 40)


def _sweep(draft: Draft) -> None:
    for _ in range(draft.random.choice([1, 2])):
        draft.act("sweep", 0, 40)


def _cancel_and_retry(draft: Draft) -> None:
    draft.act("cancel", 2, 22)
    if draft.random.random() < 0.5:
        draft.act("retry", 5, 40)


def _lost_events(draft: Draft) -> None:
    """EventBridge does not tell of some ends."""
    for ending in draft.random.sample([1, 2, 3, 4], draft.random.choice([1, 2, 4])):
        draft.act("lose event", 0, 0, run=ending)


def _mail_events(draft: Draft) -> None:
    for _ in range(draft.random.choice([1, 2])):
        kind = draft.random.choice(["Send", "Delivery"])
        draft.act("mail event", 15, 30, point=kind)


def _deploy(draft: Draft) -> None:
    """The views change first and the workers later."""
    draft.acts[0] = replace(draft.acts[0], request="settled")
    draft.act("deploy views", 3, 10)
    draft.act("renew workers", 10, 25)
    draft.start("user_carol", draft.random.randrange(4, 20))


def _estimates(draft: Draft) -> None:
    for act in tuple(draft.acts):
        if act.do == "start":
            draft.acts.append(replace(act, do="estimate", key=None))


TROUBLES: dict[str, Callable[[Draft], None]] = {
    "cancel and retry": _cancel_and_retry,
    "database restart": lambda draft: draft.act("restart", 0, 25),
    "deployment": _deploy,
    "duplicates": _duplicate,
    "estimates": _estimates,
    "events about mail": _mail_events,
    "late row": lambda draft: draft.act("late row", 4, 12),
    "lost events": _lost_events,
    "lost part": lambda draft: draft.act("lose part", 5, 12),
    "midnight": _midnight,
    "more faults": _more_faults,
    "redrive": _redrive,
    "repeated events": lambda draft: draft.act("event", 15, 50),
    "same request again": _same_again,
    "suppression": lambda draft: draft.act("suppress", 0, 0),
    "sweep": _sweep,
    "time": _time,
    "webhooks": lambda draft: draft.act("subscribe", 0, 0),
}
