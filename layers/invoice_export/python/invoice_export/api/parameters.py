"""Parameters that several operations have."""

from typing import Annotated
from urllib.parse import unquote
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Header, Path
from pydantic import BeforeValidator

from invoice_export.contracts.wire import OrganizationId

IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", description="The ETag of the answer that you have"),
]
# The gateway passes a path on as it was sent, percent-encoded.
OrganizationPath = Annotated[
    OrganizationId,
    BeforeValidator(unquote, json_schema_input_type=OrganizationId),
    Path(description="The organisation's id"),
]
RunPath = Annotated[UUID, Path(description="The run's id, from the start's response")]
