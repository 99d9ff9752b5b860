"""Rows of ``execution_starts``: executions that a commit has promised to start."""

from msgspec import structs

from invoice_export.contracts.workflow.run import RunRef
from invoice_export.store.database import Transaction
from invoice_export.store.runs import GenerationRow


class StartRow(GenerationRow):
    """A pending start: the execution's name and its frozen input."""

    execution_name: str
    input: str


def insert(tx: Transaction, start: StartRow) -> None:
    """Promise an execution."""
    tx.execute("starts.insert", **structs.asdict(start))


def find_open(tx: Transaction, ref: RunRef) -> StartRow | None:
    """Return the unacknowledged start of a run that is still running."""
    return tx.one_or_none(
        StartRow, "starts.get_open", run_id=ref.run_id, generation=ref.generation
    )


def acknowledge(tx: Transaction, ref: RunRef, execution_arn: str | None) -> None:
    """Record that the execution has started, or is not wanted any more (None)."""
    tx.execute(
        "starts.acknowledge",
        run_id=ref.run_id,
        generation=ref.generation,
        execution_arn=execution_arn,
    )
