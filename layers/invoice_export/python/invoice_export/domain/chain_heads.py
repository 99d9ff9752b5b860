"""The head of a chain of audit records, which is all that most functions read."""

from typing import NamedTuple


class Head(NamedTuple):
    """The newest record of a chain: its place, which is the count, and its hash."""

    seq: int
    hash: str
