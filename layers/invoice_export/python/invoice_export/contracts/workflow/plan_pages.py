"""The messages of Plan Pages."""

from typing import Annotated

from msgspec import Meta

from invoice_export.contracts.messages import Message
from invoice_export.contracts.workflow.plan_items import PlanItem


class PagePlan(Message):
    """Answer of ``plan_pages``: the Map's items and how many run at a time.

    An item is a page, counted from 1, or :data:`ALL_PAGES` for a snapshot.
    """

    pages: list[PlanItem]
    concurrency: Annotated[int, Meta(ge=1)]
