"""The ledger's rows: two organisations with thousands, and one with none."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from tests.apps.application import Table
from tests.apps.texts import TEXTS

# Written with capitals, a UUID is the same in PostgreSQL and another text.
NORTH = "0f8fad5b-d9cb-469f-a165-70867728950e"
SOUTH = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
EMPTY = "ffffffff-0000-4000-8000-000000000000"
GONE = "eeeeeeee-0000-4000-8000-000000000000"
NAMES = {NORTH: "Nord & Söhne", SOUTH: "South, Inc.", EMPTY: "Empty", GONE: "Gone"}
SIZES = {NORTH: 2600, SOUTH: 1300, GONE: 20}

BEGAN = datetime(2024, 1, 1)  # noqa: DTZ001  (the application stores no zone)
# Every hour of this night but the one that the clocks skip is in the rows.
AUTUMN = datetime(2024, 10, 27)  # noqa: DTZ001

USERS = (
    (1, "Nora.North@Example.COM"),
    (2, "sam@south.example"),
    (3, "member@north.example"),
    (4, "invited@north.example"),
    (5, "left@north.example"),
    (6, "eve@empty.example"),
)
MEMBERSHIPS = (
    (NORTH, 1, "active", True),
    (SOUTH, 1, "active", False),
    (SOUTH, 2, "active", True),
    (NORTH, 3, "active", False),
    (NORTH, 4, "invited", True),
    (NORTH, 5, "revoked", True),
    (NORTH, 5, "revoked", False),
    (EMPTY, 6, "active", True),
    (GONE, 6, "active", True),
)


def tables() -> Iterator[Table]:
    """All tables, in an order that their references allow."""
    yield Table("organizations", ("id", "name", "created_at", "discarded_at"), _firms)
    yield Table("users", ("id", "email", "created_at"), _users)
    yield Table(
        "memberships",
        ("organization_id", "user_id", "status", "admin"),
        lambda: MEMBERSHIPS,
    )
    yield Table("customers", ("id", "organization_id", "name"), _customers)
    yield Table("bills", BILL, _bills)
    yield Table("payments", PAYMENT, _payments)
    yield Table("journal_entries", JOURNAL_ENTRY, _journal)


BILL = (
    *("id", "organization_id", "customer_id", "number", "status", "total_cents"),
    *("memo", "created_at", "paid_at", "discarded_at"),
)
PAYMENT = (
    *("id", "organization_id", "bill_id", "amount_cents", "method", "reference"),
    *("received_at", "refunded"),
)
JOURNAL_ENTRY = (
    *("id", "organization_id", "fiscal_year", "account", "debit_cents", "booked_on"),
)


def _firms() -> Iterator[tuple[Any, ...]]:
    for organization, name in NAMES.items():
        yield organization, name, BEGAN, BEGAN if organization == GONE else None


def _users() -> Iterator[tuple[Any, ...]]:
    for user, email in USERS:
        yield user, email, BEGAN


def _customers() -> Iterator[tuple[Any, ...]]:
    """Every seventh customer has no name."""
    for n, name in enumerate([*TEXTS, "Ärzte AG", "O'Neil"] * 2):
        organization = (NORTH, SOUTH)[n % 2]
        yield n + 1, organization, None if n % 7 == 3 else f"{name}"


def _owners(scale: float = 1) -> Iterator[tuple[int, str]]:
    """Ids with the organisations mixed as they come in, larger ones more often."""
    turns = [name for name, size in SIZES.items() for _ in range(int(size * scale))]
    Random(14).shuffle(turns)
    return enumerate(turns, start=1)


def _bills() -> Iterator[tuple[Any, ...]]:
    """Up to seven bills share a time; neighbours differ by a microsecond."""
    chance = Random(1)
    for n, organization in _owners():
        created = BEGAN + timedelta(hours=n // 9, microseconds=n % 3 == 0)
        paid = created + timedelta(days=n % 40, microseconds=n % 1000)
        yield (
            n,
            organization,
            # Customers with odd numbers are the first organisation's.
            None if n % 6 == 0 else n % 20 * 2 + (1 if organization == NORTH else 2),
            f"B-{n:05}",
            n % 4,
            chance.choice((0, 5, -5, 100, chance.randint(-(10**6), 10**9))),
            None if n % 5 == 0 else TEXTS[n % len(TEXTS)],
            created,
            paid if n % 4 == 2 else None,
            paid if n % 11 == 0 else None,
        )


def _payments() -> Iterator[tuple[Any, ...]]:
    chance = Random(2)
    numbers = {NORTH: [], SOUTH: [], GONE: []}  # type: dict[str, list[int]]
    for n, organization in _owners():
        numbers[organization].append(n)
    for n, organization in _owners(0.8):
        minutes = n % 90 if n % 2 else 180 + n
        yield (
            # Beyond what an integer holds, and with gaps.
            2**33 + n * 3,
            organization,
            None if n % 4 == 0 else chance.choice(numbers[organization]),
            chance.randint(-5000, 10**12),
            ("card", "transfer", "cash")[n % 3],
            None if n % 7 == 0 else TEXTS[n % len(TEXTS)],
            AUTUMN + timedelta(minutes=minutes, hours=2 if n % 2 else 0),
            n % 3 == 0,
        )


def _journal() -> Iterator[tuple[Any, ...]]:
    chance = Random(3)
    for n, organization in _owners(0.4):
        yield (
            UUID(int=chance.getrandbits(128), version=4),
            organization,
            2020 + n % 3,
            TEXTS[n % len(TEXTS)],
            None if n % 8 == 0 else chance.randint(-(10**6), 10**6),
            None if n % 9 == 0 else date(2020 + n % 3, 1, 1) + timedelta(days=n % 366),
        )
