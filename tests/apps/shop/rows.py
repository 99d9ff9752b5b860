"""The shop's rows: two accounts with thousands, and one with none."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from tests.apps.application import Table
from tests.apps.texts import TEXTS

# Nothing but case tells two accounts apart; one's id begins the other's.
LARGE, SMALL, EMPTY = 'acc "MÜLLER" & 50%', 'acc "müller" & 50%', "acc"
SIZES = {LARGE: 2400, SMALL: 1100}

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BEGAN = datetime(2024, 2, 28, 22, tzinfo=UTC)
ATTRIBUTES = (None, {"a": '"b", c'}, [1, -2], "=1+1", -3, {}, {"ä": "line\nfeed"})

PEOPLE = (
    ("p_lena", "Lena", "Large", "Lena@Large.example"),
    ("p_sven", "Sven", None, "sven@small.example"),
    ("p_emil", "Emil", "Empty", "emil@empty.example"),
    ("p_none", "No", "Address", None),
)
STAFF = (
    (LARGE, "p_lena", "founder"),
    (SMALL, "p_lena", "auditor"),
    (SMALL, "p_sven", "manager"),
    (EMPTY, "p_emil", "clerk"),
    (LARGE, "p_none", "clerk"),
    # Not a position that may see anything.
    (LARGE, "p_sven", "guest"),
)


def tables() -> Iterator[Table]:
    """All tables, in an order that their references allow."""
    yield Table("accounts", ("id", "title"), _accounts)
    yield Table("people", ("id", "given_name", "family_name", "email"), lambda: PEOPLE)
    yield Table("staff", ("account_id", "person_id", "position"), lambda: STAFF)
    yield Table("customers", CUSTOMER, _customers)
    yield Table("orders", ORDER, _orders)
    yield Table("order_lines", ("order_id", "position", "amount"), _lines)
    yield Table("refunds", REFUND, _refunds)


CUSTOMER = ("id", "account_id", "name", "archived", "attributes")
ORDER = (
    *("id", "account_id", "customer_id", "placed_on", "state", "archived"),
    *("attributes", "note"),
)
REFUND = (
    *("refund", "account_id", "order", "reason", "amount", "asked", "approved"),
    *("settled", "recorded"),
)


def ulid(kind: str, n: int) -> str:
    """An id that begins with a time, shared by many, and ends in chance."""
    chance = Random(f"{kind}/{n}")
    return f"{kind}_01HQ{n // 50:04}" + "".join(chance.choices(ALPHABET, k=12))


def _accounts() -> Iterator[tuple[Any, ...]]:
    for account in (LARGE, SMALL, EMPTY):
        yield account, f'The "{account}" shop'


def _owners(scale: float = 1) -> Iterator[tuple[int, str]]:
    turns = [name for name, size in SIZES.items() for _ in range(int(size * scale))]
    Random(7).shuffle(turns)
    return enumerate(turns, start=1)


def _customers() -> Iterator[tuple[Any, ...]]:
    for n, account in _owners(0.4):
        attributes = ATTRIBUTES[n % len(ATTRIBUTES)]
        yield (
            ulid("cus", n),
            account,
            f"{TEXTS[n % len(TEXTS)]}{n % 4}",
            n % 3 == 0,
            None if attributes is None else Jsonb(attributes),
        )


def _orders() -> Iterator[tuple[Any, ...]]:
    """A day has dozens of orders; ids do not follow the days."""
    customers: dict[str, list[str]] = {LARGE: [], SMALL: []}
    for n, account in _owners(0.4):
        customers[account].append(ulid("cus", n))
    for n, account in _owners():
        attributes = ATTRIBUTES[n % len(ATTRIBUTES)]
        known = customers[account]
        yield (
            ulid("ord", n),
            account,
            None if n % 5 == 0 else known[n % len(known)],
            date(2024, 2, 1) + timedelta(days=n * 7919 % 61),
            ("new", "shipped", "returned")[n % 3],
            (True, False, None)[n % 7 % 3],
            None if attributes is None else Jsonb(attributes),
            None if n % 4 == 0 else TEXTS[n % len(TEXTS)],
        )


def _lines() -> Iterator[tuple[Any, ...]]:
    """Every eighth order is without lines; discounts are negative."""
    chance = Random(4)
    for n, _ in _owners():
        for position in range(n % 8):
            yield ulid("ord", n), position, Decimal(chance.randint(-9999, 99999)) / 1000


def _refunds() -> Iterator[tuple[Any, ...]]:
    """Every third is asked for microseconds before or after the previous one."""
    chance = Random(5)
    orders: dict[str, list[str]] = {LARGE: [], SMALL: []}
    for n, account in _owners():
        orders[account].append(ulid("ord", n))
    for n, account in _owners(0.3):
        asked = BEGAN + timedelta(minutes=n // 6, microseconds=n % 3 * 7)
        yield (
            UUID(int=chance.getrandbits(128), version=4),
            account,
            None if n % 6 == 0 else chance.choice(orders[account]),
            None if n % 5 == 0 else TEXTS[n % len(TEXTS)],
            Decimal(n - 500) / 4,
            asked,
            None if n % 2 else asked + timedelta(days=1),
            None if n % 3 == 0 else asked + timedelta(hours=1, microseconds=120_000),
            asked,
        )
