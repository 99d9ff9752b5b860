"""Messages between functions, and what others send us: camelCase as JSON."""

from typing import Any, Self

import msgspec

from invoice_export.errors import InvalidInputError
from invoice_export.records import Record


class Foreign(Record, rename="camel"):
    """Base of what others send us, of which we read a part."""

    @classmethod
    def parse(cls, event: object) -> Self:
        """Return our part of ``event``. Raises ``ValueError`` without it."""
        return msgspec.convert(event, cls)


class Message(Record, rename="camel", forbid_unknown_fields=True):
    """Base of all messages; an unknown key is an error."""

    @classmethod
    def parse(cls, event: object) -> Self:
        """Return the message in ``event``. Raises :class:`InvalidInputError`."""
        try:
            return msgspec.convert(event, cls)
        except msgspec.ValidationError as exc:
            raise InvalidInputError(f"not a {cls.__name__}: {exc}") from exc

    @classmethod
    def parse_json(cls, text: str) -> Self:
        """Return the message in ``text``. Raises :class:`InvalidInputError`."""
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError as exc:
            raise InvalidInputError(f"not a {cls.__name__}: {exc}") from exc

    def dump(self) -> dict[str, Any]:
        """Return the message as JSON-ready data."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data

    def dump_json(self) -> str:
        """Return the message as JSON."""
        return msgspec.json.encode(self).decode()
