"""The messages of Finish Run."""

from invoice_export.contracts.messages import Foreign, Message
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.domain.runs import RunStatus


class StateError(Foreign, rename="pascal"):
    """What a Catch passes on: the error's name, and its cause as Lambda's JSON."""

    error: str
    cause: str = ""


class FinishRunInput(RunRef):
    """Input of ``finish_run``; ``error`` is what a Catch caught."""

    state_machine_arn: str
    error: StateError | None = None


class FinishResult(Message):
    """Answer of ``finish_run``: the run's status now."""

    status: RunStatus
