"""The base of what the API answers."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta
from pydantic_core import CoreSchema, core_schema

from invoice_export.contracts.messages import Message

Instant = Annotated[datetime, Meta(tz=True)]
# Without the word, generators of TypeScript take it for an object without any key.
Values = Annotated[
    dict[str, Any], Meta(extra_json_schema={"additionalProperties": True})
]

# In a schema of pydantic's, names the answer whose own schema belongs there.
ANSWER = "x-answer"


class Answer(Message):
    """Base of all answers.

    Powertools asks pydantic to check and to describe what a route returns. It has
    nothing to check here, and the description is msgspec's (api/description.py).
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> CoreSchema:
        return core_schema.is_instance_schema(
            cls,
            serialization=core_schema.plain_serializer_function_ser_schema(cls.dump),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, *_: Any) -> dict[str, Any]:
        return {ANSWER: cls.__name__}
