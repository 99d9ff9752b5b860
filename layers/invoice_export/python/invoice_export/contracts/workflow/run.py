"""What every step is told: the run."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from invoice_export.contracts.messages import Message
from invoice_export.domain.organization_ids import MAX_LENGTH, PATTERN

# Python's "$" would let a line feed at the end pass.
OrganizationId = Annotated[
    str, Meta(max_length=MAX_LENGTH, pattern=PATTERN.replace("$", r"\Z"))
]


class RunRef(Message):
    """The execution's input; every step's input contains it."""

    organization_id: OrganizationId
    run_id: UUID
    generation: Annotated[int, Meta(ge=1)]

    @property
    def ref(self) -> "RunRef":
        """The run without the rest of a step's input."""
        return RunRef(
            organization_id=self.organization_id,
            run_id=self.run_id,
            generation=self.generation,
        )

    @property
    def execution_name(self) -> str:
        """Unique per generation, so that starting twice starts once."""
        return f"{self.run_id}-{self.generation}"
