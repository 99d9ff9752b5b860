"""The messages of Write Page."""

from invoice_export.contracts.messages import Message
from invoice_export.contracts.workflow.plan_items import PlanItem
from invoice_export.contracts.workflow.run import RunRef


class WritePageInput(RunRef):
    """Input of ``write_page``: an item of the plan."""

    page: PlanItem


class PageResult(Message):
    """Answer of ``write_page``; ``bytes`` includes the header row."""

    page: PlanItem
    rows: int
    bytes: int
