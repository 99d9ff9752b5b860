"""What the workshop can do: give tokens, show e-mails and break things on purpose."""

import contextlib
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import psutil

from local import seed as sample
from local import stack
from local.config import Laptop
from local.directory import first_people, person
from local.errors import LaptopError
from local.executions import forget_runs
from local.issuer import Issuer
from local.mailbox import sent_mails
from local.tenancy import act_for, connect_as_owner, statement
from local.workers import workers_of

# Tells its own suppressions from those of real bounces.
SUPPRESSION_REASON = "workshop"
SIMULATED_PAGES, SIMULATED_DONE = 7, 3


class NotFoundError(Exception):
    """There is no such user, e-mail or state."""


class Tools:
    """Acts on one laptop stack."""

    def __init__(self, laptop: Laptop) -> None:
        self._laptop = laptop

    def identities(self) -> list[dict[str, str]]:
        """Return who can sign in: the sample's users, or the directory's first ones."""
        if self._laptop.given is not None:
            return first_people(self._laptop)
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
        if self._laptop.given is not None:
            found = person(self._laptop, user_id)
            name = found and found["name"]
        else:
            name, _ = sample.USERS.get(user_id, (None, None))
        if name is None:
            raise NotFoundError("There is no such user.")
        return Issuer(self._laptop).token(user_id, name=name)

    def mails(self) -> list[dict[str, Any]]:
        """Return the newest 50 e-mails, newest first, without their bodies."""
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
        raise NotFoundError("There is no such e-mail.")

    def simulate(
        self, *, user_id: str, organization_id: str, state: str
    ) -> dict[str, str]:
        """Insert a run that stays in ``state``, so that people can look at it.

        Real runs move on too fast. This one has no execution; the sweep ends it when
        it has made no progress for too long.
        """
        self._laptop.require_sample("Simulate")
        if state not in {"queued", "running"}:
            raise NotFoundError("There is no such state to simulate.")
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
                        "You are not a member of this organisation, or it has fewer "
                        f"than {SIMULATED_PAGES} invoices."
                    )
            elif state == "running":
                raise LaptopError("This organisation has a running export already.")
            if state == "running":
                said = "The run stays at page 3 of 7 for about 10 minutes."
                return {"runId": str(running[0]), "said": said}
            queued = cursor.execute(statement("simulate_queued"), about).fetchone()
            if queued is None:
                raise LaptopError("You are not a member of this organisation.")
            said = "The run is queued behind a running one."
            return {"runId": str(queued[0]), "said": said}

    def suppress(self, user_id: str) -> str:
        """Add the user's address to the suppression list, or remove it again."""
        found = person(self._laptop, user_id)
        if found is None:
            raise NotFoundError("There is no such user.")
        address = found["address"]
        with connect_as_owner(self._laptop) as connection:
            deleted = connection.execute(
                "DELETE FROM email_suppressions WHERE address = %s AND reason = %s",
                [address, SUPPRESSION_REASON],
            )
            if deleted.rowcount:
                return "Your address is no longer suppressed: you get e-mails again."
            connection.execute(
                "INSERT INTO email_suppressions (address, reason) VALUES (%s, %s)"
                " ON CONFLICT (address) DO NOTHING",
                [address, SUPPRESSION_REASON],
            )
        return "Your address is suppressed: exports complete, but you get no e-mail."

    def kill_workers(self) -> str:
        """Kill the processes that write pages, in the middle of their work."""
        workers = workers_of(self._laptop, "WritePage")
        for worker in workers:
            with contextlib.suppress(psutil.Error):
                worker.kill()
        if not workers:
            return "No process writes pages at the moment. Start an export first."
        return f"Killed {len(workers)} processes. Their unfinished pages are retried."

    def restart_database(self) -> str:
        stack.postgres_of(self._laptop).crash_and_restart()
        return "The database crashed and has recovered. All connections were lost."

    def reset(self) -> str:
        self._laptop.require_sample("Reset")
        forget_runs(self._laptop, stack.facts(self._laptop))
        with connect_as_owner(self._laptop) as connection:
            sample.reset(connection)
        return "Everything is deleted. The sample data is new."

    def _sent(self) -> list[dict[str, Any]]:
        return sent_mails(stack.facts(self._laptop)["mailbox_url"])[::-1]


def _mail_id(mail: dict[str, Any]) -> str:
    identity = mail.get("MessageId") or f"{mail['To']}{mail['BodyText']}"
    return sha256(str(identity).encode()).hexdigest()[:24]


def _sent_at(mail: dict[str, Any]) -> str:
    stamp = mail.get("Timestamp") or 0
    if isinstance(stamp, int | float):
        return datetime.fromtimestamp(stamp, UTC).isoformat()
    return str(stamp)
