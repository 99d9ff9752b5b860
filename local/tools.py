"""What the workshop can do: tokens, mails, and things that go wrong on purpose."""

import contextlib
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import psutil

from local import seed as sample
from local import stack
from local.config import Laptop
from local.errors import LaptopError
from local.executions import forget_runs
from local.issuer import Issuer
from local.mailbox import sent_mails
from local.tenancy import act_for, connect_as_owner, statement
from local.workers import workers_of

SUPPRESSION_REASON = "workshop"
SIMULATED_PAGES, SIMULATED_DONE = 7, 3


class UnknownError(Exception):
    """There is no such user, mail or state."""


class Tools:
    """Acts on one laptop stack."""

    def __init__(self, laptop: Laptop) -> None:
        self._laptop = laptop

    def identities(self) -> list[dict[str, str]]:
        """The six sample users, and where each belongs."""
        return [
            {
                "userId": user_id,
                "name": sample.USERS[user_id][0],
                "organizationId": organization.id,
                "organizationName": organization.name,
                "role": role,
            }
            for organization in sample.ORGANIZATIONS
            for user_id, role in organization.members.items()
        ]

    def token(self, user_id: str) -> str:
        if user_id not in sample.USERS:
            raise UnknownError("There is no such sample user.")
        name, _ = sample.USERS[user_id]
        return Issuer(self._laptop).token(user_id, name=name)

    def mails(self) -> list[dict[str, Any]]:
        """Newest first, without their bodies."""
        return [
            {
                "id": _mail_id(mail),
                "to": mail["To"],
                "subject": mail["Subject"],
                "at": _sent_at(mail),
            }
            for mail in self._sent()[:50]
        ]

    def mail_html(self, mail_id: str) -> str:
        for mail in self._sent():
            if _mail_id(mail) == mail_id:
                return str(mail["BodyHtml"])
        raise UnknownError("There is no such mail.")

    def simulate(
        self, *, user_id: str, organization_id: str, state: str
    ) -> dict[str, str]:
        """Write a run that stands still; a queued one waits behind such a run.

        Workers would not stand still to be looked at, so these are rows without an
        execution. Once the sweep misses their signs of life, it closes them.
        """
        if state not in {"queued", "running"}:
            raise UnknownError("There is no such state to simulate.")
        with (
            connect_as_owner(self._laptop) as connection,
            connection.cursor() as cursor,
        ):
            act_for(cursor, organization_id)
            about = {
                "organization": organization_id,
                "user": user_id,
                "pages": SIMULATED_PAGES,
                "done": SIMULATED_DONE,
            }
            running = cursor.execute(
                "SELECT id FROM exports WHERE status = 'running'"
            ).fetchone()
            if running is None:
                running = cursor.execute(
                    statement("simulate_running"), about
                ).fetchone()
                if running is None:
                    raise LaptopError(
                        "This organisation has no invoices, or you are no member of it."
                    )
            elif state == "running":
                raise LaptopError("A run of this organisation is running already.")
            if state == "running":
                said = "It stands at page 3 of 7; the sweep closes it in 10 minutes."
                return {"runId": str(running[0]), "said": said}
            queued = cursor.execute(statement("simulate_queued"), about).fetchone()
            if queued is None:
                raise LaptopError("You are no member of this organisation.")
            return {"runId": str(queued[0]), "said": "It waits behind a running one."}

    def suppress(self, user_id: str) -> str:
        """Put the user's address on the suppression list, or take it off again."""
        with connect_as_owner(self._laptop) as connection:
            row = connection.execute(
                "SELECT lower(btrim(email)) FROM users WHERE id = %s", [user_id]
            ).fetchone()
            if row is None:
                raise UnknownError("There is no such user.")
            gone = connection.execute(
                "DELETE FROM email_suppressions WHERE address = %s AND reason = %s",
                [row[0], SUPPRESSION_REASON],
            )
            if gone.rowcount:
                return "Your address gets mail again."
            connection.execute(
                "INSERT INTO email_suppressions (address, reason) VALUES (%s, %s)"
                " ON CONFLICT (address) DO NOTHING",
                [row[0], SUPPRESSION_REASON],
            )
        return "Your address is suppressed: exports complete, no mail goes to it."

    def kill_workers(self) -> str:
        """End the processes that write pages, whatever they are at."""
        pages = workers_of(self._laptop, "WritePage")
        for worker in pages:
            with contextlib.suppress(psutil.Error):
                worker.kill()
        if not pages:
            return "No process here writes pages right now: start an export first."
        return f"Killed {len(pages)} processes: the pages they were at are retried."

    def restart_database(self) -> str:
        stack.postgres_of(self._laptop).crash_and_restart()
        return "The database was cut off and has recovered; connections were lost."

    def reset(self) -> str:
        forget_runs(self._laptop, stack.facts(self._laptop))
        with connect_as_owner(self._laptop) as connection:
            sample.reset(connection)
        return "Everything was deleted and the sample data written afresh."

    def _sent(self) -> list[dict[str, Any]]:
        return sent_mails(stack.facts(self._laptop)["mailbox_url"])[::-1]


def _mail_id(mail: dict[str, Any]) -> str:
    named = mail.get("MessageId") or f"{mail['To']}{mail['BodyText']}"
    return sha256(str(named).encode()).hexdigest()[:24]


def _sent_at(mail: dict[str, Any]) -> str:
    stamp = mail.get("Timestamp") or 0
    if isinstance(stamp, int | float):
        return datetime.fromtimestamp(stamp, UTC).isoformat()
    return str(stamp)
