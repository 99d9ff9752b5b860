"""People of a given database, read through the directory's three queries."""

from typing import Any, LiteralString

import psycopg
from msgspec.structs import asdict
from psycopg import sql
from psycopg.rows import dict_row

from invoice_export.adapters.views import DIRECTORY_PARTS
from invoice_export.datasets import DIRECTORY, read_directory
from local.config import SYSTEM_ROLE, Laptop
from local.errors import LaptopError
from local.tenancy import connect_as_owner

SHOWN = 20
EXAMPLES = 3
# A list of people is a convenience: it must not load the team's server.
TIMEOUT = "5s"

FIRST_PEOPLE = """
SELECT * FROM (
  SELECT DISTINCT ON (u.id::text)
    u.id::text AS "userId", {user_name} AS name,
    o.id::text AS "organizationId", {organization_name} AS "organizationName",
    m.role::text AS role
  FROM ({members}
  ) m
  JOIN ({users}
  ) u ON u.id::text = m.user_id::text
  JOIN ({organizations}
  ) o ON o.id::text = m.organization_id::text
  WHERE m.role::text IN ({roles})
  ORDER BY u.id::text, o.id::text
) people
ORDER BY "organizationId", array_position(ARRAY[{roles}], role), "userId"
LIMIT %(shown)s
"""

PERSON = """
SELECT {user_name} AS name,
       lower(btrim(u.email::text)) AS address
FROM ({users}
) u
WHERE u.id::text = %(id)s
"""


def first_people(laptop: Laptop) -> list[dict[str, str]]:
    """Return the first members of the first organisations, each user once."""
    return _read(laptop, FIRST_PEOPLE, {"shown": SHOWN})


def person(laptop: Laptop, user_id: str) -> dict[str, str] | None:
    """Return a user's name and address; None if the directory has no such user."""
    found = _read(laptop, PERSON, {"id": user_id})
    return found[0] if found else None


def known_user(laptop: Laptop, user_id: str | None) -> str:
    """Return ``user_id``. Raises LaptopError, with examples, if nobody has that id."""
    if user_id and person(laptop, user_id):
        return user_id
    wrong = f"Your directory has no user {user_id!r}." if user_id else "Name a user."
    examples = ", ".join(
        "AS={userId} ({name}, {role} of {organizationName})".format(**known)
        for known in first_people(laptop)[:EXAMPLES]
    )
    raise LaptopError(f"{wrong} {examples or 'No organisation has members.'}")


def _read(
    laptop: Laptop, query: LiteralString, values: dict[str, Any]
) -> list[dict[str, str]]:
    # Read anew each time: the team may be writing them.
    directory = read_directory(DIRECTORY)
    queries = {
        name: sql.SQL(text.replace("%", "%%"))
        for name, text in asdict(directory).items()
    }
    statement = sql.SQL(query).format(**queries, **DIRECTORY_PARTS)
    with connect_as_owner(laptop) as connection:
        connection.read_only = True
        cursor = connection.cursor(row_factory=dict_row)
        cursor.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'")
        # The role that may read the application's tables, as the views do.
        cursor.execute("SET LOCAL search_path = public")
        cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(SYSTEM_ROLE)))
        try:
            return cursor.execute(statement, values).fetchall()
        except psycopg.Error as exc:
            reason = str(exc).splitlines()[0]
            raise LaptopError(f"The directory cannot be read: {reason}.") from exc
