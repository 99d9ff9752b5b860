"""What surrounds the runs of a history: requests, webhooks, estimates, deployments."""

from collections.abc import Callable, Iterable
from typing import Any

from invoice_export import formats
from invoice_export.store.database import Database
from tests.faults.dataset import (
    LOCAL,
    OPEN,
    RECENT,
    SETTLED,
)
from tests.faults.laboratory import Laboratory
from tests.faults.scenarios import WEBHOOK

# By the names that histories use.
REQUESTS: dict[str, dict[str, Any]] = {
    "all": {},
    "settled": SETTLED,
    "open": OPEN,
    "recent": RECENT,
    **{f"as {name}": {**LOCAL, "format": name} for name in formats.load()},
    "for Excel": {**LOCAL, "preset": "excel", "timeZone": "Europe/Berlin"},
    "in Kathmandu": {**LOCAL, "dialect": {"timeZone": "Asia/Kathmandu"}},
    "two columns": {**LOCAL, "columns": ["id", "createdAt"]},
    "settled jsonl": {**SETTLED, "format": "jsonl"},
}
SUBSCRIBED = ("org_acme", "org_globex")
# A list reads these runs page by page, though they are of one moment.
SAME_MOMENT = "UPDATE exports SET requested_at = date_trunc('day', requested_at)"


def subscribe(lab: Laboratory) -> None:
    """Two organisations have webhooks."""
    for organization in SUBSCRIBED:
        lab.rows(WEBHOOK, organization, f"https://{organization[4:]}.example/hook")


def suppress(lab: Laboratory) -> None:
    """Nobody may write to Bob."""
    lab.rows(
        "INSERT INTO email_suppressions (address, reason)"
        " VALUES ('bob@acme.example', 'hard_bounce')"
    )


# What is so before the first request.
BEFORE: dict[str, Callable[[Laboratory], None]] = {
    "subscribe": subscribe,
    "suppress": suppress,
}


def renew_workers(lab: Laboratory, working: Iterable[Database]) -> None:
    """The second half: each step that begins now declares what is deployed."""
    lab.renew_workers(lab.deployed)
    for db in working:
        db.close()
        db.datasets = lab.deployed


def read_all(lab: Laboratory) -> None:
    """Deliver what waits in the outbox, and give the lists runs of one moment."""
    lab.deliver()
    lab.rows(SAME_MOMENT)
