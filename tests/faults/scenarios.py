"""Scenarios: people's requests while faults occur."""

from collections.abc import Callable

from invoice_export import formats
from invoice_export.contracts.workflow.run import RunRef
from tests.faults.dataset import LABORATORY, LOCAL, OPEN, RECENT, REDEPLOYED, SETTLED
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
    lab.lane = lab.lane._replace(max_running=1)
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
    """Filtered exports of a joined dataset; rows arrive late and a part is lost."""
    lab.pages = lab.pages._replace(min_rows=1)
    lab.script = _insert_and_lose
    for options in (SETTLED, SETTLED, OPEN):
        lab.estimate("user_alice", options)
        lab.click("user_alice", options=options)
    lab.click("user_dave", options=SETTLED)
    lab.click("user_erin", options=RECENT)
    lab.settle()


def _insert_and_lose(lab: Laboratory, ref: RunRef, state: str, count: int) -> None:
    if state == "Write Page" and lab.run(ref.run_id)["requested_by"] == "user_dave":
        lab.rows(LATE_INVOICE)
    if (state, count) == ("Compose File", 1):
        for key in [k for k in lab.cloud.bucket.keys if str(ref.run_id) in k][:1]:
            del lab.cloud.bucket.keys[key]
        lab.disturbances += 1


# Between the first two invoices of the organisation.
LATE_INVOICE = """
INSERT INTO invoices (id, organization_id, number, customer_name, status, total,
  currency, created_at)
SELECT '00000000-0000-4000-8000-000000000000', 'org_globex', 'LATE', 'Late Ltd', 'paid',
  1, 'EUR', min(created_at) + interval '1 minute'
FROM invoices WHERE organization_id = 'org_globex'
ON CONFLICT (id) DO NOTHING
"""


def redeployed(lab: Laboratory) -> None:
    """A dataset changes under a running run and two queued ones; two start again.

    The views change first and the workers later, as in a deployment.
    """
    lab.pages = lab.pages._replace(min_rows=2)
    lab.script = _redeploy
    for user in ("user_alice", "user_bob", "user_carol"):
        lab.click(user, options=SETTLED)
    lab.click("user_dave")
    lab.settle()
    lab.renew_workers(lab.deployed)
    for user in ("user_alice", "user_bob"):
        lab.click(user, options=SETTLED)
    lab.settle()


def _redeploy(lab: Laboratory, ref: RunRef, state: str, count: int) -> None:
    run = lab.run(ref.run_id)
    in_the_middle = run["requested_by"] == "user_alice" and run["pages_done"] == 1
    if in_the_middle and lab.deployed is LABORATORY:
        lab.deploy(REDEPLOYED)
    if (run["requested_by"], state) == ("user_bob", "Record Failure"):
        lab.renew_workers(lab.deployed)


def every_format(lab: Laboratory) -> None:
    """Each format, columns in an order of their own, times in a zone, a preset."""
    lab.pages = lab.pages._replace(min_rows=2)
    for name in formats.load():
        options = {**LOCAL, "format": name}
        lab.estimate("user_alice", options)
        lab.click("user_alice", options=options)
    for options in (
        {**LOCAL, "dialect": {"timeZone": "Asia/Kathmandu"}},
        {**LOCAL, "columns": ["id", "createdAt"]},
        {"format": "jsonl.gz"},
        {"format": "xlsx"},
        {"preset": "excel", "timeZone": "Europe/Berlin"},
    ):
        lab.click("user_alice", options=options)
    lab.settle()


def subscribed(lab: Laboratory) -> None:
    """Two organisations have webhooks; two runs are cancelled, one is retried."""
    for organization in ("org_acme", "org_globex"):
        lab.rows(WEBHOOK, organization, f"https://{organization[4:]}.example/hook")
    lab.click("user_alice")
    bob, carol = lab.click("user_bob"), lab.click("user_carol")
    for user in ("user_dave", "user_erin", "user_frank"):
        lab.click(user)
    for run_id, user in ((bob, "user_bob"), (carol, "user_carol")):
        if run_id is not None:
            lab.cancel(run_id, user)
    lab.drive()
    if bob is not None:
        lab.retry(bob, "user_bob")
    lab.settle()
    lab.deliver()
    # Runs of one moment, which a list pages through.
    lab.rows("UPDATE exports SET requested_at = date_trunc('day', requested_at)")


WEBHOOK = """
WITH lane AS (INSERT INTO lanes (organization_id) VALUES (%s) RETURNING *)
INSERT INTO webhook_endpoints (organization_id, url, secret, set_by)
SELECT organization_id, %s, 'whsec_laboratory', 'user_alice' FROM lane
"""

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
        redeployed,
    )
}
# What the matrix leaves out: the other scenarios reach the same points.
CALM: dict[str, Callable[[Laboratory], None]] = {
    scenario.__name__: scenario for scenario in (every_format, subscribed)
}
