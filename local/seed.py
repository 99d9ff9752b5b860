"""The sample data: four organisations, six users, 650 invoices; always the same.

Seeding again restores these rows and leaves all others alone.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import psycopg

from invoice_export import datasets
from local.tenancy import act_for, statement

# The dataset of the sample; a clone with other datasets has no sample.
DATASET = "invoices"
NAMESPACE = UUID("6f1d1f0e-2c52-4f0b-9a39-5d0c8f6f2b11")
FIRST_DAY = datetime(2024, 1, 8, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Organization:
    """A sample organisation: the role of each member, and how many invoices it has."""

    id: str
    name: str
    members: dict[str, str]
    invoices: int
    currency: str


USERS = {
    "user_alice": ("Alice Archer", "alice@acme.example"),
    "user_bob": ("Bob Brewer", "bob@acme.example"),
    "user_carol": ("Carol Cooper", "carol@acme.example"),
    "user_dave": ("Dave Dyer", "dave@globex.example"),
    "user_erin": ("Erin Eaton", "erin@initech.example"),
    "user_frank": ("Frank Fisher", "frank@empty.example"),
}

ORGANIZATIONS = (
    Organization(
        id="org_acme",
        name="Acme Inc.",
        members={"user_alice": "owner", "user_bob": "admin", "user_carol": "member"},
        invoices=240,
        currency="USD",
    ),
    Organization(
        id="org_globex",
        name="Globex Corporation",
        members={"user_dave": "owner"},
        invoices=210,
        currency="EUR",
    ),
    Organization(
        id="org_initech",
        name="Initech",
        members={"user_erin": "owner"},
        invoices=200,
        currency="GBP",
    ),
    Organization(
        id="org_empty",
        name="Empty Ltd.",
        members={"user_frank": "owner"},
        invoices=0,
        currency="EUR",
    ),
)

# Some of these break a careless CSV writer; some would run as formulas.
CUSTOMERS = (
    "Umbrella Trading",
    "Stark & Sons, Ltd.",
    'The "Daily" Bugle',
    "Müller Möbel GmbH",
    "=SUM(A1:A9)",
    "北京贸易有限公司",
    "Wayne Enterprises",
    "Two\nLines Cooperative",
    "@handle Studio",
    "Café Crème",
)
STATUSES = ("paid", "paid", "sent", "paid", "overdue", "draft")

# An old export of Bob's: its id is a UUIDv7 of that time, its file has expired.
RUN_ID = UUID("0191b211-d9c0-7000-8000-00000000acae")
RUN_REQUESTED = datetime(2024, 9, 2, 9, 30, tzinfo=UTC)
RUN_STARTED = RUN_REQUESTED + timedelta(seconds=1)
RUN_COMPLETED = RUN_REQUESTED + timedelta(seconds=3)
RUN_BYTES = 24_720
ROWS_A_PAGE = 50


def seed(connection: psycopg.Connection) -> None:
    """Write or restore the sample rows, in one transaction."""
    with connection.transaction(), connection.cursor() as cursor:
        people = [(user, *about) for user, about in USERS.items()]
        cursor.executemany(statement("seed_user"), people)
        for organization in ORGANIZATIONS:
            act_for(cursor, organization.id)
            _seed_organization(cursor, organization)
            if organization.id == "org_acme":
                _seed_finished_export(cursor, organization)
                _seed_audit_records(cursor, organization)


def reset(connection: psycopg.Connection) -> None:
    """Delete all rows, then seed."""
    with connection.transaction():
        connection.execute(statement("delete_everything"))
        seed(connection)


def invoices_of(organization: Organization) -> Iterator[tuple[Any, ...]]:
    """Yield rows; every third has the same timestamp as the one before it."""
    for n in range(organization.invoices):
        step = n - (n % 3 // 2)
        created = FIRST_DAY + timedelta(hours=11 * step, microseconds=7_919 * step)
        # Every 17th is a credit note.
        total = Decimal(n * 7_919 % 500_000 + 995) / (-100 if n % 17 == 0 else 100)
        status = STATUSES[n % len(STATUSES)]
        yield (
            uuid5(NAMESPACE, f"{organization.id}/{n}"),
            organization.id,
            f"INV-{n + 1:05}",
            CUSTOMERS[n % len(CUSTOMERS)],
            status,
            total,
            organization.currency,
            created,
            None if status == "draft" else created + timedelta(days=30),
        )


def _seed_organization(cursor: psycopg.Cursor, organization: Organization) -> None:
    cursor.execute(statement("seed_organization"), [organization.id, organization.name])
    members = [(organization.id, *member) for member in organization.members.items()]
    cursor.executemany(statement("seed_member"), members)
    cursor.executemany(statement("seed_invoice"), list(invoices_of(organization)))


def pages_of(organization: Organization) -> list[int]:
    """Return how many rows each page of the finished export has."""
    rows = organization.invoices
    return [min(ROWS_A_PAGE, rows - first) for first in range(0, rows, ROWS_A_PAGE)]


def _seed_finished_export(cursor: psycopg.Cursor, organization: Organization) -> None:
    rows, pages = organization.invoices, pages_of(organization)
    day = RUN_REQUESTED.date()
    cursor.execute(
        statement("seed_export"),
        {
            "run": RUN_ID,
            "organization": organization.id,
            "requester": "user_bob",
            "fingerprint": datasets.load().by_name[DATASET].fingerprint,
            "day": day,
            "execution": f"{RUN_ID}-1",
            "rows_a_page": ROWS_A_PAGE,
            "pages": len(pages),
            "rows": rows,
            "bytes": RUN_BYTES,
            "key": f"exports/{organization.id}/{RUN_ID}/invoices-{day}.csv",
            "requested": RUN_REQUESTED,
            "started": RUN_STARTED,
            "completed": RUN_COMPLETED,
            "expired": RUN_COMPLETED + timedelta(days=7),
            "seeded": [invoice[0] for invoice in invoices_of(organization)],
        },
    )
    cursor.executemany(
        statement("seed_export_page"),
        [
            {
                "run": RUN_ID,
                "page": page,
                "organization": organization.id,
                "rows": count,
                "bytes": RUN_BYTES * count // rows,
                "etag": f"seeded-{page}",
                "finished": RUN_COMPLETED,
            }
            for page, count in enumerate(pages, start=1)
        ],
    )


def _seed_audit_records(cursor: psycopg.Cursor, organization: Organization) -> None:
    payload = {
        "rowCount": organization.invoices,
        "pages": len(pages_of(organization)),
        "bytes": RUN_BYTES,
        "emailSuppressed": False,
    }
    cursor.executemany(
        statement("seed_audit_record"),
        [
            {
                "id": uuid5(RUN_ID, action),
                "organization": organization.id,
                "action": f"export.invoices.{action}",
                "subject": str(RUN_ID),
                "actor": actor,
                "payload": json.dumps(about),
                "event": f"{RUN_ID}:{action}",
                "at": at,
            }
            for action, actor, about, at in (
                ("requested", "user_bob", {}, RUN_REQUESTED),
                ("completed", None, payload, RUN_COMPLETED),
            )
        ],
    )
