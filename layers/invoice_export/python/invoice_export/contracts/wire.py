"""The base of what the API takes and gives: camelCase as JSON, strict, immutable.

The OpenAPI document is made from these models.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from invoice_export.domain.organization_ids import MAX_LENGTH, PATTERN

OrganizationId = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_LENGTH, pattern=PATTERN)
]


class Wire(BaseModel):
    """Base of all bodies; an unknown key is an error."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        # The API builds a model for its first request: it uses a few.
        defer_build=True,
    )
