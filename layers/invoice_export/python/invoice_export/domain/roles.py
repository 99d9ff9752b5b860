"""The roles of an organisation's members."""

from enum import StrEnum
from typing import Self


class Role(StrEnum):
    """Roles of a member, weakest first."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"

    def at_least(self, needed: Self) -> bool:
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)
