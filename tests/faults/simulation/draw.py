"""Draws a history from a seed."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from tests.faults.injector import Kind
from tests.faults.simulation.draft import FATAL, PAIRS, PEOPLE, Draft
from tests.faults.simulation.history import Act, History
from tests.faults.simulation.troubles import TROUBLES


def draw(seed: int) -> History:
    """Draw a history around one pair of point and fault; the pairs take turns."""
    random = Random(seed)
    draft = Draft(random)
    point, kind = PAIRS[seed % len(PAIRS)]
    draft.start(random.choice(PEOPLE))
    _prepare(draft, point)
    draft.fault(point, kind, random.choice([1, 1, 1, 1, 2]))
    # Each history has few kinds of further trouble, so that each of them goes far.
    for name in random.sample(sorted(TROUBLES), random.choice([0, 1, 2, 3, 4])):
        TROUBLES[name](draft)
    if random.random() < 0.3:
        draft.start()
    return History(
        seed,
        tuple(_judgeable(draft.acts)),
        tuple(draft.faults),
        order=random.randrange(2**31),
        max_running=random.choice([1, 2, 10]),
        to_midnight=draft.to_midnight,
        min_rows=random.choice([2, 3, 3, 10]),
        fine=random.random() < 0.25,
    )


def _judgeable(acts: list[Act]) -> Iterator[Act]:
    """Let requests for late rows name a dataset whose expectation has a cut-off."""
    late = any(act.do == "late row" for act in acts)
    for act in acts:
        if late and act.do == "estimate":
            continue
        everything = act.do == "start" and act.request == "all"
        yield replace(act, request="settled") if late and everything else act


def _prepare(draft: Draft, point: str) -> None:
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


def _prepare_failure(draft: Draft, point: str) -> None:
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


def _prepare_sweep(draft: Draft, name: str) -> None:
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
