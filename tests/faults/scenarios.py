"""Scenarios: people's requests while faults occur."""

from collections.abc import Callable
from dataclasses import replace

from invoice_export.contracts.workflow import RunRef
from tests.faults.dataset import SETTLED
from tests.faults.laboratory import Laboratory


def lane_of_four(lab: Laboratory) -> None:
    """Four runs in two organisations; one requester's address is suppressed."""
    lab.admin.execute(
        "INSERT INTO email_suppressions (address, reason)"
        " VALUES ('bob@acme.example', 'hard_bounce')"
    )
    for user in ("user_alice", "user_bob", "user_carol", "user_dave"):
        lab.click(user)
    lab.settle()


def lost_events(lab: Laboratory) -> None:
    """Events about stops and failures never arrive; one start gets no answer."""
    lab.events = False
    lab.script = _stop_then_refuse
    lab.injector.refuse_once.add("start: start_execution")
    for user in ("user_dave", "user_alice", "user_bob"):
        lab.click(user)
    lab.settle()


def _stop_then_refuse(lab: Laboratory, ref: RunRef, state: str, count: int) -> None:
    if (state, count) == ("Compose File", 1):
        lab.injector.stop()
        lab.disturbances += 1
    if (state, count) == ("Send Email", 1):
        lab.injector.refuse_once.add("Send Email: send_email")


def burst(lab: Laboratory) -> None:
    """Eight requests from one person, with another person's request among them."""
    for _ in range(4):
        lab.click("user_alice")
    lab.click("user_bob")
    for _ in range(4):
        lab.click("user_alice")
    lab.settle()


def empty_organisation(lab: Laboratory) -> None:
    """Nothing to export: the run fails at once and sends no mail."""
    lab.click("user_frank")
    lab.click("user_dave")
    lab.settle()


def troubles(lab: Laboratory) -> None:
    """With a cap of one, two runs are cancelled, one loses a part, two are retried."""
    lab.lane = replace(lab.lane, max_running=1)
    lab.script = _cancel_and_lose
    alice = lab.click("user_alice")
    lab.click("user_dave")
    bob = lab.click("user_bob")
    lab.drive()
    lab.pass_time(3600)
    lab.act_as("sweep", lab.sweep_runs)
    lab.drive()
    for run_id, user in ((alice, "user_alice"), (bob, "user_bob")):
        if run_id is not None and lab.run(run_id)["status"] in {"failed", "cancelled"}:
            lab.retry(run_id, user)
            lab.drive()
    lab.settle()


def _cancel_and_lose(lab: Laboratory, ref: RunRef, state: str, count: int) -> None:
    requester = lab.run(ref.run_id)["requested_by"]
    if ref.generation > 1:
        return
    if requester == "user_alice" and (state, count) == ("Write Page", 2):
        lab.cancel(ref.run_id, "user_alice")
    if requester == "user_dave" and state == "Write Page":
        lab.cancel(ref.run_id, "user_dave")
    if requester == "user_bob" and state == "Compose File":
        for key in [k for k in lab.cloud.bucket.keys if str(ref.run_id) in k][:1]:
            del lab.cloud.bucket.keys[key]


def bad_day(lab: Laboratory) -> None:
    """S3 refuses one run permanently; another is cancelled just before its mail."""
    lab.script = _storage_is_down
    alice = lab.click("user_alice")
    for user in ("user_bob", "user_carol"):
        lab.click(user)
    lab.drive()
    if alice is not None and lab.run(alice)["status"] == "failed":
        lab.retry(alice, "user_alice")
    lab.settle()


def _storage_is_down(lab: Laboratory, ref: RunRef, state: str, count: int) -> None:
    requester = lab.run(ref.run_id)["requested_by"]
    alice = (requester, ref.generation, state)
    down = alice == ("user_alice", 1, "Write Page")
    lab.injector.refuse_all = "Write Page: put_object" if down else None
    if alice == ("user_alice", 2, "Compose File"):
        lab.injector.refuse_once.add("Compose File: upload_part")
    if (requester, state) == ("user_carol", "Send Email"):
        lab.cancel(ref.run_id, "user_carol")


def filtered(lab: Laboratory) -> None:
    """Filtered exports of a joined dataset, among plain ones; one part is lost."""
    lab.script = _lose_a_part
    for user in ("user_alice", "user_bob", "user_alice"):
        lab.click(user, request=SETTLED)
    lab.click("user_alice")
    lab.click("user_dave", request=SETTLED)
    lab.settle()


def _lose_a_part(lab: Laboratory, ref: RunRef, state: str, count: int) -> None:
    if (state, count) == ("Compose File", 1):
        for key in [k for k in lab.cloud.bucket.keys if str(ref.run_id) in k][:1]:
            del lab.cloud.bucket.keys[key]
        lab.disturbances += 1


SCENARIOS: dict[str, Callable[[Laboratory], None]] = {
    scenario.__name__: scenario
    for scenario in (
        lane_of_four,
        lost_events,
        burst,
        empty_organisation,
        troubles,
        bad_day,
        filtered,
    )
}
