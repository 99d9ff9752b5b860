"""The base of every message: camelCase on the wire, strict, immutable."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from invoice_export.domain.organization_ids import MAX_LENGTH, PATTERN
from invoice_export.errors import InvalidInputError

OrganizationId = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_LENGTH, pattern=PATTERN)
]
Generation = Annotated[int, Field(ge=1)]
PageNumber = Annotated[int, Field(ge=1, le=1000)]


class Foreign(BaseModel):
    """Base of what others send us, of which we read a part.

    A function builds a model on its first message: it uses a few of those it imports.
    """

    model_config = ConfigDict(defer_build=True)


class Wire(BaseModel):
    """Base of all messages; an unknown key is an error."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        # As above.
        defer_build=True,
    )

    @classmethod
    def parse(cls, event: object) -> Self:
        """Return the message in ``event``. Raises :class:`InvalidInputError`."""
        try:
            return cls.model_validate(event)
        except ValidationError as exc:
            fields = [".".join(map(str, item["loc"])) for item in exc.errors()]
            raise InvalidInputError(f"not a {cls.__name__}: {fields}") from exc

    def dump(self) -> dict[str, Any]:
        """Return the message as JSON-ready data."""
        return self.model_dump(mode="json", by_alias=True)
