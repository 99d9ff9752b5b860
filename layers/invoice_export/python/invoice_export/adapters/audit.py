"""The audit log: append-only, and once per event where an event happens once."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from invoice_export.adapters.postgres import Transaction

# The ends of a run: these leave the house, through the outbox.
ANNOUNCED = {"completed", "failed", "cancelled"}


def append_audit(
    tx: Transaction,
    *,
    organization_id: str,
    event: str,
    run_id: UUID,
    actor: str | None,
    payload: dict[str, Any] | None = None,
    once: str | int | None = None,
) -> None:
    """Record ``export.<dataset>.<event>`` of a run; no actor means the system.

    With ``once`` (a generation, say) the same event of the same run is recorded only
    once per value.
    """
    action = f"export.{tx.dataset.name}.{event}"
    tx.execute(
        "append_audit",
        organization_id=organization_id,
        action=action,
        subject=str(run_id),
        actor=actor,
        payload=Jsonb(payload or {}),
        event_key=None if once is None else f"{action}:{run_id}:{once}",
    )
    if event in ANNOUNCED:
        tx.execute("insert_event", run_id=run_id, type=f"export.{event}")
