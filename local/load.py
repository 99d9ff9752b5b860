"""Brings a CSV of invoices into one organisation, or one per value of a column."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from local.errors import LaptopError
from local.invoice_csv import InvoiceCsv
from local.tenancy import act_for, statement


@dataclass(frozen=True)
class Loaded:
    """What came of a load in one organisation."""

    organization_id: str
    member: str
    rows: int
    new: int


def load(
    connection: psycopg.Connection, file: InvoiceCsv, organization_id: str | None
) -> list[Loaded]:
    """Load all rows or none. Raises CsvError with the numbers of the bad lines."""
    organizations: dict[str, tuple[str, str]] = {}
    rows: dict[str, int] = {}
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(statement("create_staging"))
        with cursor.copy("COPY staging FROM STDIN") as copy:
            for line, organization, *values in file.read():
                if organization not in organizations:
                    organizations[organization] = _identity(
                        organization, organization_id
                    )
                known = organizations[organization][0]
                rows[known] = rows.get(known, 0) + 1
                copy.write_row((line, known, *values))
        return [
            _take_over(cursor, *identity, rows=rows[identity[0]])
            for identity in sorted(set(organizations.values()))
        ]


def _identity(name: str, organization_id: str | None) -> tuple[str, str]:
    """An organisation's id and name, from the command line or from its column."""
    if organization_id is not None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", organization_id):
            raise LaptopError(
                f"{organization_id!r} is no organisation id: letters, digits, _ and -, "
                "64 at most."
            )
        return organization_id, organization_id.removeprefix("org_").title()
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60]
    if not slug:
        raise LaptopError(f"No organisation id can be made of {name!r}.")
    return f"org_{slug}", name


def _take_over(
    cursor: psycopg.Cursor, organization_id: str, name: str, *, rows: int
) -> Loaded:
    act_for(cursor, organization_id)
    cursor.execute(
        "INSERT INTO organizations (id, name) VALUES (%s, %s)"
        " ON CONFLICT (id) DO NOTHING",
        [organization_id, name],
    )
    cursor.execute(statement("take_over_staging"), [organization_id])
    new = cursor.rowcount
    return Loaded(organization_id, _some_member(cursor, organization_id), rows, new)


def _some_member(cursor: psycopg.Cursor, organization_id: str) -> str:
    """Whom to ask as: an owner there is, or one made for a new organisation."""
    cursor.execute("SELECT user_id FROM members WHERE role = 'owner' ORDER BY user_id")
    known = cursor.fetchone()
    if known:
        return str(known[0])
    slug = organization_id.removeprefix("org_")
    person: Mapping[str, str] = {
        "user": f"user_{slug}",
        "name": f"Owner of {organization_id}",
        "email": f"{slug}@customers.example",
        "organization": organization_id,
    }
    cursor.execute(
        "INSERT INTO users (id, name, email) VALUES (%(user)s, %(name)s, %(email)s)"
        " ON CONFLICT (id) DO NOTHING",
        person,
    )
    cursor.execute(
        "INSERT INTO members (organization_id, user_id, role)"
        " VALUES (%(organization)s, %(user)s, 'owner')",
        person,
    )
    return person["user"]
