"""Another application's table instead of invoices: its definition and rows."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import psycopg
import pytest
from psycopg.types.json import Jsonb

from invoice_export.domain.dataset import Column, Dataset, Kind
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from tests.fix_postgres import TestDatabase
from tests.fix_world import World

MIGRATION = Path(__file__).with_name("time_entries.sql")

TIME_ENTRIES = Dataset(
    name="time-entries",
    table="tracking.time_entries",
    organization_column="tenant",
    time_column="begun",
    id_column="entry",
    inserted_column="recorded",
    columns=(
        Column("note", "note", Kind.TEXT),
        Column("begun", "startedAt", Kind.TIME),
        Column("order", "order", Kind.TEXT),
        Column("worked_on", "day", Kind.PLAIN),
        Column("approved", "approvedAt", Kind.TIME),
        Column("billable", "billable", Kind.PLAIN),
        Column("hours", "hours, decimal", Kind.PLAIN),
        Column("details", "details", Kind.PLAIN),
        Column("entry", "entryId", Kind.PLAIN),
        Column("stopped", "stoppedAt", Kind.TIME),
    ),
    one="time entry",
    many="time entries",
    nothing_yet="No time has been tracked yet. Track some, then export again.",
)

NOTES = [
    "plain",
    "",
    '=HYPERLINK("http://evil.example")',
    "+1",
    "-2",
    "@SUM(A1)",
    "\ttab",
    "\rcarriage return",
    "\nline feed",
    "two\r\nlines",
    "ends with a line feed\n",
    'she said "no", twice',
    "'quoted already",
    "2024-01-01 00:00:00.000000Z",
    "ends in Z",
    "Grüezi 漢字 🧾",
]
DETAILS = [None, {"a": '"b", c'}, [1, -2], "=1+1", -3, {}]
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


def entries(tenant: str, count: int) -> Iterator[tuple[Any, ...]]:
    """Every third row begins microseconds before or after the previous one."""
    for n in range(count):
        begun = MONDAY + timedelta(minutes=n - (n % 3 == 2), microseconds=n % 5 * 7)
        yield (
            uuid5(NAMESPACE_DNS, f"{tenant}/{n}"),
            tenant,
            NOTES[n % len(NOTES)],
            None if n % 4 else NOTES[-n % len(NOTES)],
            begun,
            None if n % 5 == 0 else begun + timedelta(hours=1, microseconds=120_000),
            None if n % 2 else begun + timedelta(days=1),
            date(2026, 3, 2) + timedelta(days=n % 28),
            Decimal(n - 50) / 4,
            (True, False, None)[n % 3],
            None if DETAILS[n % 6] is None else Jsonb(DETAILS[n % 6]),
        )


INSERT = """
INSERT INTO tracking.time_entries (entry, tenant, note, "order", begun, stopped,
  approved, worked_on, hours, billable, details)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@pytest.fixture
def tracking(database: TestDatabase) -> None:
    """Creates the other application's table, with rows of two organisations."""
    with psycopg.connect(database.owner_url) as owner, owner.cursor() as cursor:
        cursor.execute(MIGRATION.read_text("utf-8"))  # type: ignore[arg-type]
        for tenant, count in (("org_acme", 260), ("org_globex", 70)):
            cursor.execute("SELECT set_config('app.org_id', %s, true)", [tenant])
            cursor.executemany(INSERT, list(entries(tenant, count)))


@pytest.fixture
def time_world(world: World, database: TestDatabase, tracking: None) -> Iterator[World]:
    """The usual world, except that it exports time entries."""
    world.db = Database(connector(database.app_url), TIME_ENTRIES)
    yield world
    world.db.close()
