"""What the state machine and its functions tell each other."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from invoice_export.contracts.terms import (
    EmailKind,
    EmailStatus,
    Generation,
    OrganizationId,
    PageNumber,
    RunStatus,
    Wire,
)


class RunRef(Wire):
    """The execution's input, and the least that every step is given."""

    organization_id: OrganizationId
    run_id: UUID
    generation: Generation

    @property
    def execution_name(self) -> str:
        """Unique per generation: starting twice under one name starts once."""
        return f"{self.run_id}-{self.generation}"


class PagePlan(Wire):
    """Answer of ``plan_pages``: the Map's items and how many run at a time."""

    pages: list[PageNumber]
    concurrency: Annotated[int, Field(ge=1)]


class WritePageInput(RunRef):
    """Input of ``write_page``: one page of the frozen plan, counted from 1."""

    page: PageNumber


class PageResult(Wire):
    """Answer of ``write_page``; ``bytes`` counts the part, header included."""

    page: PageNumber
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
    """Answer of ``send_email``; no status when no mail was owed."""

    email: EmailStatus | None


class StateError(BaseModel):
    """What a Catch hands on: the error's name, and its cause as Lambda's JSON."""

    error: str = Field(alias="Error")
    cause: str = Field(default="", alias="Cause")


class FinishRunInput(RunRef):
    """Input of ``finish_run``; ``error`` is what a Catch caught."""

    state_machine_arn: str
    error: StateError | None = None

    @property
    def ref(self) -> RunRef:
        """The run alone."""
        return RunRef(
            organization_id=self.organization_id,
            run_id=self.run_id,
            generation=self.generation,
        )


class FinishResult(Wire):
    """Answer of ``finish_run``: what the run's row says now."""

    status: RunStatus


class ExecutionDetail(BaseModel):
    """What matters of a status change: the input that we gave the execution."""

    input: str


class ReconcileEvent(BaseModel):
    """What EventBridge sends to ``reconcile_runs``: a tick, or a status change."""

    detail_type: str = Field(alias="detail-type")
    detail: dict[str, Any] = Field(default_factory=dict)

    @property
    def run(self) -> RunRef | None:
        """The run whose execution has ended; None for a tick."""
        if self.detail_type != "Step Functions Execution Status Change":
            return None
        return RunRef.model_validate_json(ExecutionDetail(**self.detail).input)


class ReconcileReport(Wire):
    """Answer of ``reconcile_runs``: ``reason:run`` of what was mended or put off."""

    repaired: list[str]
    postponed: list[str]
