"""What the sweep looks for, across all organisations."""

from uuid import UUID

from invoice_export.domain.repairs import RepairReason
from invoice_export.store.database import Transaction
from invoice_export.store.runs import GenerationRow


class RepairRow(GenerationRow):
    """A run that needs a repair, and which one."""

    reason: RepairReason


def list_runs_to_repair(
    tx: Transaction, *, stale_after_seconds: int, cleanup_grace_seconds: int
) -> list[RepairRow]:
    """Return everything that may have stopped half-way, one row per run and reason."""
    return tx.all(
        RepairRow,
        "sweep.list_runs_to_repair",
        stale_after_seconds=stale_after_seconds,
        cleanup_grace_seconds=cleanup_grace_seconds,
    )


def oldest_run_seconds(tx: Transaction) -> float:
    """Return the age of the oldest run that has not ended, in seconds."""
    return float(tx.value("sweep.oldest_run_seconds"))


def find_organization_of_run(tx: Transaction, run_id: UUID) -> str | None:
    """Return whose run this is, or None for an unknown run."""
    organization_id: str | None = tx.value("sweep.organization_of_run", run_id=run_id)
    return organization_id
