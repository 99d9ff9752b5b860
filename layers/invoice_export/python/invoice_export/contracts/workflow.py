"""The messages between the state machine and its functions."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from invoice_export.contracts.wire import (
    Foreign,
    Generation,
    OrganizationId,
    PageNumber,
    Wire,
)
from invoice_export.domain.emails import EmailKind, EmailStatus
from invoice_export.domain.repairs import RepairReason
from invoice_export.domain.runs import RunStatus


class RunRef(Wire):
    """The execution's input; every step's input contains it."""

    organization_id: OrganizationId
    run_id: UUID
    generation: Generation

    @property
    def execution_name(self) -> str:
        """Unique per generation, so that starting twice starts once."""
        return f"{self.run_id}-{self.generation}"


# One worker writes every page of a snapshot: no two transactions see the same moment.
ALL_PAGES: Literal["all"] = "all"
PlanItem = PageNumber | Literal["all"]


class PagePlan(Wire):
    """Answer of ``plan_pages``: the Map's items and how many run at a time.

    An item is a page, counted from 1, or :data:`ALL_PAGES` for a snapshot.
    """

    pages: list[PlanItem]
    concurrency: Annotated[int, Field(ge=1)]


class WritePageInput(RunRef):
    """Input of ``write_page``: an item of the plan."""

    page: PlanItem


class PageResult(Wire):
    """Answer of ``write_page``; ``bytes`` includes the header row."""

    page: PlanItem
    rows: int
    bytes: int


class ComposedFile(Wire):
    """Answer of ``compose_file``."""

    object_key: str
    rows: int
    bytes: int


class SendEmailInput(RunRef):
    """Input of ``send_email``."""

    kind: EmailKind


class EmailResult(Wire):
    """Answer of ``send_email``; no status if no e-mail was owed."""

    email: EmailStatus | None


class StateError(Foreign):
    """What a Catch passes on: the error's name, and its cause as Lambda's JSON."""

    error: str = Field(alias="Error")
    cause: str = Field(default="", alias="Cause")


class FinishRunInput(RunRef):
    """Input of ``finish_run``; ``error`` is what a Catch caught."""

    state_machine_arn: str
    error: StateError | None = None

    @property
    def ref(self) -> RunRef:
        """The run without the rest of the input."""
        return RunRef(
            organization_id=self.organization_id,
            run_id=self.run_id,
            generation=self.generation,
        )


class FinishResult(Wire):
    """Answer of ``finish_run``: the run's status now."""

    status: RunStatus


class ExecutionDetail(Foreign):
    """The part of a status change that we need: the execution's input."""

    input: str


class ReconcileEvent(Foreign):
    """What EventBridge sends to ``reconcile_runs``: a schedule or a status change."""

    detail_type: str = Field(alias="detail-type")
    detail: dict[str, Any] = Field(default_factory=dict)

    @property
    def run(self) -> RunRef | None:
        """The run whose execution has ended; None for a scheduled event."""
        if self.detail_type != "Step Functions Execution Status Change":
            return None
        return RunRef.model_validate_json(ExecutionDetail(**self.detail).input)


class Repair(Wire):
    """A repair of one run."""

    reason: RepairReason
    run_id: UUID


class PostponedRepair(Repair):
    """A repair that failed for now; ``error`` is the error's name."""

    error: str


class ReconcileReport(Wire):
    """Answer of ``reconcile_runs``.

    ``admission_error`` names the error that kept waiting runs from starting.
    """

    repaired: list[Repair]
    postponed: list[PostponedRepair]
    admission_error: str | None = None
