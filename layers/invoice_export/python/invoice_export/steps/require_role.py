"""Refuses a member whose role is too weak."""

from invoice_export.domain.roles import Role
from invoice_export.errors import ForbiddenError


def require_role(role: Role, needed: Role, action: str = "This") -> None:
    """Raises :class:`ForbiddenError` for a role below ``needed``.

    ``action`` begins the sentence for the caller: it needs the role.
    """
    if not role.at_least(needed):
        raise ForbiddenError(
            f"{action} needs the role {needed.value}; yours is {role.value}.",
        )
