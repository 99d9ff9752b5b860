"""What all contracts share: the words for states and choices, and strict models.

Field names are camelCase on the wire and snake_case in Python. Inputs are strict: an
unknown key is refused.
"""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from invoice_export.errors import InvalidInputError

OrganizationId = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
]
Generation = Annotated[int, Field(ge=1)]
PageNumber = Annotated[int, Field(ge=1, le=1000)]


class RunStatus(StrEnum):
    """The life of a run; the last three are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        return self not in (RunStatus.QUEUED, RunStatus.RUNNING)


class FileFormat(StrEnum):
    """What the file is; the value is its extension too."""

    CSV = "csv"
    CSV_GZ = "csv.gz"


class Consistency(StrEnum):
    """What the pages of one export see.

    ``pages``: each its own moment, in parallel, resumable. ``snapshot``: all the same
    moment, read by one worker, from the start again if it dies.
    """

    PAGES = "pages"
    SNAPSHOT = "snapshot"


class EmailStatus(StrEnum):
    """The life of one e-mail; the last three are honest outcomes."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


class EmailKind(StrEnum):
    """Why a run's requester is written to."""

    COMPLETED = "completed"
    FAILED = "failed"


class Role(StrEnum):
    """Roles of a member, weakest first."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"

    def at_least(self, needed: Self) -> bool:
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


class Wire(BaseModel):
    """Base of all messages: camelCase, frozen, no unknown keys."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
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
