"""The messages of Reconcile Runs."""

from typing import Any
from uuid import UUID

from msgspec import field

from invoice_export.contracts.messages import Foreign, Message
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.domain.repairs import RepairReason


class ExecutionDetail(Foreign):
    """The part of a status change that we need: the execution's input."""

    input: str


class ReconcileEvent(Foreign):
    """What EventBridge sends to ``reconcile_runs``: a schedule or a status change."""

    detail_type: str = field(name="detail-type")
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def run(self) -> RunRef | None:
        """The run whose execution has ended; None for a scheduled event."""
        if self.detail_type != "Step Functions Execution Status Change":
            return None
        return RunRef.parse_json(ExecutionDetail.parse(self.detail).input)


class Repair(Message):
    """A repair of one run."""

    reason: RepairReason
    run_id: UUID


class PostponedRepair(Repair):
    """A repair that failed for now; ``error`` is the error's name."""

    error: str


class ReconcileReport(Message):
    """Answer of ``reconcile_runs``.

    ``admission_error`` names the error that kept waiting runs from starting.
    """

    repaired: list[Repair]
    postponed: list[PostponedRepair]
    admission_error: str | None = None
