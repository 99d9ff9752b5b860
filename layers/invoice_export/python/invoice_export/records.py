"""The base of what functions read and write among themselves: rows and messages.

msgspec's, not pydantic's: to import that takes as long as a third of all that a step
imports without it.
What callers send is pydantic's, whose errors name each field and what is allowed.
"""

from typing import dataclass_transform

from msgspec import Struct, field


@dataclass_transform(
    frozen_default=True, kw_only_default=True, field_specifiers=(field,)
)
class Record(Struct, frozen=True, kw_only=True):
    """An immutable record. msgspec checks one that it reads; one we make, mypy does."""
