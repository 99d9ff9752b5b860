"""Deliberate breaks of answers, lists, webhooks and the audit log."""

import json
import time
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from msgspec import structs

from invoice_export.domain.webhooks import SIGNATURE_HEADER, sign
from invoice_export.steps import deliver_event
from invoice_export.store import audit, events
from tests.faults.breaks import (
    Break,
    Mutant,
    every,
    forget,
    function_with,
    left_out,
    sql_with,
    swapped,
)
from tests.faults.laboratory import Laboratory


def _deliver_signed_early(delivery: Any, bus: Any, webhooks: Any) -> None:
    """Sign the body, and then write it with other spaces."""

    def post(url: str, body: bytes, headers: Any) -> None:
        webhooks.post(url, json.dumps(json.loads(body)).encode(), headers)

    DELIVER(delivery, bus, SimpleNamespace(post=post))


def _deliver_twice(delivery: Any, bus: Any, webhooks: Any) -> None:
    """Deliver an event to a webhook again, as another event."""
    DELIVER(delivery, bus, webhooks)
    if delivery.url:
        event = structs.replace(delivery.event, id=uuid4())
        DELIVER(structs.replace(delivery, event=event), bus, webhooks)


def _deliver_under_another_id(delivery: Any, bus: Any, webhooks: Any) -> None:
    """Name another event in the body than in the header."""

    def post(url: str, body: bytes, headers: Any) -> None:
        text = body.replace(str(delivery.event.id).encode(), str(uuid4()).encode())
        key, at = delivery.secret, int(time.time())
        signature = sign(key, timestamp=at, body=text)
        webhooks.post(url, text, {**headers, SIGNATURE_HEADER: signature})

    DELIVER(delivery, bus, SimpleNamespace(post=post))


DELIVER = deliver_event.deliver_event


APPEND = audit.append_action


def _append_all_but_cancellations(tx: Any, *, action: str, **more: Any) -> None:
    if not action.endswith(".cancelled"):
        APPEND(tx, action=action, **more)


def _lock_without_cancellations(tx: Any, event_id: Any) -> Any:
    row = LOCK(tx, event_id)
    if row and row.type == "export.cancelled":
        return structs.replace(row, webhook_url=None)
    return row


LOCK = events.lock_unpublished


def _with_places(stack: ExitStack, lab: Laboratory) -> None:
    """Make a sequence, which a transaction that rolls back does not give back."""
    lab.admin.execute(PLACES)
    stack.callback(lab.admin.execute, "DROP SEQUENCE invoice_export.places")


PLACES = """
CREATE SEQUENCE invoice_export.places;
GRANT ALL ON SEQUENCE invoice_export.places TO invoice_export_owner
"""
# The first record of a lane begins anew, as a case does.
NEXT_PLACE = """CASE WHEN head.audit_seq = 0
    THEN setval('invoice_export.places', 1)
    ELSE nextval('invoice_export.places') END"""


HASHED = "NEW.hash := invoice_export.audit_hash(NEW);"


def _chain_with(old: str, new: str) -> Break:
    return function_with("chain_audit_record", old, new)


OF_ANSWERS = (
    Mutant(
        "estimate without conditions",
        left_out("conditions", "exported_rows.count"),
        ("filtered",),
        noticed_by=("an estimate counts other rows than the file has",),
    ),
    Mutant(
        "request key forgets the format",
        forget("format"),
        ("every_format",),
        noticed_by=(
            "a request was answered with a run of another request",
            "incorrect header check",
        ),
    ),
    Mutant(
        "request key forgets the columns",
        forget("columns"),
        ("every_format",),
        noticed_by=(
            "a request was answered with a run of another request",
            "another header",
        ),
    ),
    Mutant(
        "request key forgets the dialect",
        forget("dialect"),
        ("every_format",),
        noticed_by=(
            "a request was answered with a run of another request",
            "other cells in createdAt",
            "a byte-order mark is missing",
        ),
    ),
    Mutant(
        "webhook signed before its body is final",
        swapped(deliver_event, "deliver_event", _deliver_signed_early),
        ("subscribed",),
        noticed_by=("a webhook's signature is not that of its body",),
    ),
    Mutant(
        "webhook delivered twice with other ids",
        swapped(deliver_event, "deliver_event", _deliver_twice),
        ("subscribed",),
        noticed_by=(
            "a webhook was told of one end under two ids",
            "a webhook was not told of each end once",
            "an event that the outbox does not hold",
        ),
    ),
    Mutant(
        "webhook's body names another event",
        swapped(deliver_event, "deliver_event", _deliver_under_another_id),
        ("subscribed",),
        noticed_by=("a webhook's header and body name two events",),
    ),
    Mutant(
        "webhook is not told of cancellations",
        swapped(events, "lock_unpublished", _lock_without_cancellations),
        ("subscribed",),
        noticed_by=("a webhook was not told of each end once",),
    ),
    Mutant(
        "list's cursor skips equal times",
        sql_with(
            "statuses.list_page",
            "(e.requested_at, e.id) < (%(after_at)s, %(after_id)s)",
            "e.requested_at < %(after_at)s AND %(after_id)s::uuid IS NOT NULL",
        ),
        ("subscribed",),
        noticed_by=("a list read page by page is not the runs",),
    ),
    Mutant(
        "cancellation without an audit record",
        swapped(audit, "append_action", _append_all_but_cancellations),
        ("subscribed",),
        noticed_by=("a cancellation has no audit record",),
    ),
    Mutant(
        "audit record forgets the one before it",
        _chain_with("head.audit_hash, ", "NULL, "),
        ("burst",),
        "start",
        noticed_by=("does not follow the record before it",),
    ),
    Mutant(
        "audit record follows a stale head",
        _chain_with(
            "audit_hash = NEW.hash", "audit_hash = coalesce(audit_hash, NEW.hash)"
        ),
        ("burst",),
        "start",
        noticed_by=("does not follow the record before it",),
    ),
    Mutant(
        "audit record is hashed before it is final",
        _chain_with(HASHED, f"{HASHED} NEW.created_at := clock_timestamp();"),
        ("burst",),
        "start",
        noticed_by=("is not what was hashed",),
    ),
    Mutant(
        "places in the audit log survive a rollback",
        every(
            _with_places,
            _chain_with("coalesce(head.audit_seq, 0) + 1", NEXT_PLACE),
        ),
        ("burst",),
        "start",
        noticed_by=("is missing",),
    ),
)
