"""Rows of ``audit_logs``: append-only, with the event that an end publishes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from invoice_export.domain.chain_heads import Head
from invoice_export.domain.positions import Position
from invoice_export.store import events
from invoice_export.store.database import Row, Transaction

# Subscribers are told of these.
PUBLISHED = {"completed", "failed", "cancelled"}


class AuditRow(Row):
    """A record of the audit log."""

    id: UUID
    action: str
    subject: str | None
    actor: str | None
    actor_name: str | None
    payload: dict[str, Any]
    created_at: datetime

    @property
    def position(self) -> Position:
        return Position(self.created_at, self.id)


class HeadRow(Row):
    """The newest record of an organisation."""

    organization_id: str
    seq: int
    hash: str


def append(
    tx: Transaction,
    *,
    organization_id: str,
    dataset: str,
    event: str,
    run_id: UUID,
    actor: str | None,
    payload: dict[str, Any] | None = None,
    once: str | int | None = None,
) -> None:
    """Record ``export.<dataset>.<event>`` of a run; no actor means the system.

    With ``once`` (a generation, for example) the same event of the same run is recorded
    once for each value. The end of a run is published as well.
    """
    action = f"export.{dataset}.{event}"
    append_action(
        tx,
        organization_id=organization_id,
        action=action,
        subject=str(run_id),
        actor=actor,
        payload=payload,
        event_key=None if once is None else f"{action}:{run_id}:{once}",
    )
    if event in PUBLISHED:
        events.insert(tx, run_id, f"export.{event}")


def append_action(
    tx: Transaction,
    *,
    organization_id: str,
    action: str,
    subject: str,
    actor: str | None,
    payload: dict[str, Any] | None = None,
    event_key: str | None = None,
) -> None:
    """Record any action; one with an ``event_key`` is recorded once."""
    tx.execute(
        "audit.append",
        organization_id=organization_id,
        action=action,
        subject=subject,
        actor=actor,
        payload=Jsonb(payload or {}),
        event_key=event_key,
    )


def list_page(
    tx: Transaction, organization_id: str, *, after: Position, limit: int
) -> list[AuditRow]:
    """Return the next records, newest first."""
    return tx.all(
        AuditRow,
        "audit.list_page",
        organization_id=organization_id,
        after_at=after.at,
        after_id=after.id,
        limit=limit,
    )


def list_heads(tx: Transaction) -> dict[str, Head]:
    """Return the newest record of each organisation, across all of them."""
    rows = tx.all(HeadRow, "audit.list_heads")
    return {row.organization_id: Head(row.seq, row.hash) for row in rows}
