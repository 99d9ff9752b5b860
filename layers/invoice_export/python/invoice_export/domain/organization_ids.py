"""Which texts can be an organisation's id: it is a path segment and part of keys."""

import re

MAX_LENGTH = 128
# No slash and no control character.
PATTERN = r"^[^/\x00-\x1f\x7f-\x9f]+$"


def is_usable(organization_id: str) -> bool:
    """Return whether an organisation with this id can have exports."""
    return len(organization_id) <= MAX_LENGTH and bool(
        re.fullmatch(PATTERN, organization_id)
    )
