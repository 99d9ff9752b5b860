"""What people, AWS and the clock do in a history, by the name of the act."""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from psycopg.errors import AdminShutdown

from invoice_export.contracts.email_events import EmailEvent
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.errors import DatasetChangedError
from invoice_export.steps.record_email_events import record_email_event
from tests.driver import FILE_RETENTION_DAYS
from tests.faults.dataset import REDEPLOYED
from tests.faults.laboratory import Laboratory
from tests.faults.scenarios import LATE_INVOICE
from tests.faults.simulation import clock
from tests.faults.simulation.history import DAY, HOUR, Act
from tests.faults.simulation.surroundings import REQUESTS

# As deployed: younger trouble is left alone.
STALE_SECONDS = 1800
# Step Functions ends an execution after this time.
LONGEST_EXECUTION = 6 * HOUR
PARTS_LAPSE = 3 * DAY
FILES_LAPSE = FILE_RETENTION_DAYS * DAY
# What PostgreSQL says to a connection that it ends.
ENDED = "terminating connection due to administrator command"
REDRIVABLE = {"FAILED", "ABORTED", "TIMED_OUT"}


def start(lab: Laboratory, act: Act) -> None:
    lab.click(act.user, key=act.key, options=REQUESTS[act.request])


def cancel(lab: Laboratory, act: Act) -> None:
    if run := _some_run(lab, act):
        lab.cancel(run["id"], run["requested_by"])


def retry(lab: Laboratory, act: Act) -> None:
    if run := _some_run(lab, act):
        lab.retry(run["id"], run["requested_by"])


def _some_run(lab: Laboratory, act: Act) -> dict[str, Any] | None:
    runs = lab.rows("SELECT * FROM exports ORDER BY requested_at, id")
    return runs[act.run % len(runs)] if runs else None


def sweep(lab: Laboratory, _: Act) -> None:
    lab.act_as("sweep", lambda: lab.sweep_runs(stale_seconds=STALE_SECONDS))


def tell(lab: Laboratory, ref: RunRef) -> None:
    """Report an execution's end, as EventBridge does."""
    lab.act_as("event", lambda: lab.sweep_runs(ref, stale_seconds=STALE_SECONDS))


def tell_again(lab: Laboratory, act: Act) -> None:
    """Repeat the event about some execution that has ended."""
    if lab.endings:
        ref, _, _ = lab.endings[act.run % len(lab.endings)]
        tell(lab, ref)


def estimate(lab: Laboratory, act: Act) -> None:
    def ask() -> None:
        # In the middle of a deployment there is no answer.
        with suppress(DatasetChangedError):
            lab.estimate(act.user, REQUESTS[act.request])

    lab.act_as("estimate", ask)


def deploy_views(lab: Laboratory, _: Act) -> None:
    """The first half of a deployment: workers still declare the old datasets."""
    lab.deploy(REDEPLOYED)


def late_row(lab: Laboratory, _: Act) -> None:
    lab.rows(LATE_INVOICE)


def lose_part(lab: Laboratory, act: Act) -> None:
    """Delete the first part of some run."""
    if run := _some_run(lab, act):
        for key in _parts(lab, str(run["id"]))[:1]:
            del lab.cloud.bucket.keys[key]


def _parts(lab: Laboratory, run_id: str = "") -> list[str]:
    keys = lab.cloud.bucket.keys
    return [key for key in keys if key.startswith("parts/") and run_id in key]


def restart(lab: Laboratory, _: Act) -> None:
    """PostgreSQL ends every connection of the workers.

    That of an idle worker only looks ended: its next statement fails in the same way,
    and the server's process, which knows the catalogs, becomes a spare one.
    """
    for db in lab.idle:
        connection: Any = db._connection
        if connection is not None and not connection.closed:
            connection.part(AdminShutdown(ENDED))
    lab.end_connections()


def pass_time(lab: Laboratory, act: Act) -> None:
    """Set the clock forward; what AWS ends or deletes in this time is gone."""
    clock.set_forward(lab.admin, act.seconds)
    if act.seconds > LONGEST_EXECUTION:
        for execution in lab.cloud.machine.executions:
            if execution.status == "RUNNING":
                execution.status = "TIMED_OUT"
    if act.seconds > PARTS_LAPSE:
        for key in _parts(lab):
            del lab.cloud.bucket.keys[key]
        lab.cloud.bucket.multiparts.clear()
    if act.seconds > FILES_LAPSE:
        now = clock.now(lab.admin)
        lab.lapsed |= dict.fromkeys(lab.cloud.bucket.keys, now)
        lab.cloud.bucket.keys.clear()


def redrive(lab: Laboratory, act: Act) -> None:
    """Redrive an execution that has ended without success, as in the console."""
    ended = [
        execution
        for execution in lab.cloud.machine.executions
        if execution.status in REDRIVABLE
        and execution.name in lab.players
        and not lab.players[execution.name].at_work
    ]
    if ended:
        ended[act.run % len(ended)].status = "RUNNING"


def mail_event(lab: Laboratory, act: Act) -> None:
    """SES reports about some mail that it accepted."""
    sent = lab.cloud.ses.sent_messages
    if not sent:
        return
    mail = sent[act.run % len(sent)]
    rows = lab.rows(
        "SELECT * FROM email_deliveries WHERE position(run_id::text IN %s) > 0"
        " AND (kind = 'completed') = %s",
        mail.body,
        "is ready" in mail.subject,
    )
    for row in rows[:1]:
        tags = {"run_id": [str(row["run_id"])], "delivery_id": [str(row["id"])]}
        mail_told = {"messageId": "m-1", "tags": tags}
        told = json.dumps({"eventType": act.point, "mail": mail_told})
        event = EmailEvent.read(told)
        lab.act_as("mail event", partial(_record, lab, event))


def _record(lab: Laboratory, event: EmailEvent) -> None:
    record_email_event(lab.db, event, soft_bounces=3)


ACTS: dict[str, Callable[[Laboratory, Act], None]] = {
    "start": start,
    "cancel": cancel,
    "retry": retry,
    "sweep": sweep,
    "event": tell_again,
    "estimate": estimate,
    "deploy views": deploy_views,
    "late row": late_row,
    "lose part": lose_part,
    "restart": restart,
    "clock": pass_time,
    "redrive": redrive,
    "mail event": mail_event,
}
