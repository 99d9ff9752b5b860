"""The Map's items: what one worker writes."""

from typing import Annotated, Literal

from msgspec import Meta

from invoice_export.domain.pages import MAX_PAGES

# One worker writes every page of a snapshot: no two transactions see the same moment.
ALL_PAGES: Literal["all"] = "all"
PlanItem = Annotated[int, Meta(ge=1, le=MAX_PAGES)] | Literal["all"]
