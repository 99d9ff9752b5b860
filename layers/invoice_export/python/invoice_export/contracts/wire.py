"""The base of what the API takes: camelCase as JSON, strict, immutable.

The OpenAPI document describes requests with these models.
"""

import os
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from invoice_export.domain.organization_ids import MAX_LENGTH, PATTERN

# Otherwise the first model looks for plugins of pydantic in the metadata of every
# package, which takes as long as to make all the models.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

OrganizationId = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_LENGTH, pattern=PATTERN)
]


class Wire(BaseModel):
    """Base of what callers send; an unknown key is an error."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        # The API builds a model for its first request: it uses a few.
        defer_build=True,
    )
