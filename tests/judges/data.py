"""What the judges read: real invoices, naughty strings, and the rows they make."""

import json
import os
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from invoice_export.steps.plan_pages import PagePolicy
from local.config import ROOT
from local.loader.load import load
from local.loader.rules import Rules
from tests.driver import asking
from tests.fix_postgres import TestDatabase
from tests.fix_world import World

DATA = Path(os.environ.get("REAL_DATA") or ROOT.parent / "shared" / "data")
RETAIL = DATA / "online-retail" / "online_retail_541909.csv.gz"
NAUGHTY = DATA / "strings" / "blns.json"
CHINOOK = DATA / "chinook" / "invoices.csv"
HEADERS = asking().headers
TRUTH = """
SELECT id::text, number, customer_name, status, total, currency, created_at, due_at
FROM invoices WHERE organization_id = %s ORDER BY created_at, id
"""
LARGE = PagePolicy(min_rows=500, max_rows=100_000, database_vcpus=2)


def loaded(database: TestDatabase, path: Path, rules: Rules) -> dict[str, str]:
    """Loads real invoices; returns each organisation with a member who may export."""
    with psycopg.connect(database.owner_url) as owner:
        report = load(owner, path, rules)
    return {one.organization_id: one.member for one in report.organizations}


def chinook(database: TestDatabase) -> tuple[str, str]:
    """Loads Chinook's invoices; returns their organisation and a member of it."""
    if not CHINOOK.exists():
        pytest.skip(f"{CHINOOK} does not exist")
    rules = Rules(organization="org_chinook")
    (found,) = loaded(database, CHINOOK, rules).items()
    return found


def naughty_strings() -> list[str]:
    if not NAUGHTY.exists():
        pytest.skip(f"{NAUGHTY} does not exist")
    strings: list[str] = json.loads(NAUGHTY.read_text("utf-8"))
    added = [
        "\rCR",
        "\nLF",
        "\tTAB",
        "a\rb",
        "a\nb",
        "a\r\nb",
        '"',
        '""',
        'a"b',
        "'",
        ",",
        ",,",
        "\r\n",
        " ",
        "\\.",
        "\\N",
        "NULL",
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        # Every way to mix what programs take for space.
        *("".join(mixed) for mixed in product("a\t\r\n ", repeat=3)),
    ]
    return [text for text in [*strings, *added] if text and "\0" not in text]


def exported(
    world: World, folder: Path, organization: str, user: str, **options: Any
) -> Path:
    """Export the organisation; return the file."""
    request = asking(**options)
    run = world.start(organization, user, key=str(uuid4()), request=request).run
    assert world.run_to_end(run.ref) == "completed"
    path = folder / f"invoices.{request.format}"
    path.write_bytes(world.file(run.id, organization))
    return path


def truth(world: World, organization: str) -> list[list[Any]]:
    """Return the organisation's rows as the database has them."""
    rows = world.rows(TRUTH, organization, org=organization)
    return [list(row.values()) for row in rows]


def insert(world: World, texts: list[tuple[str, str, str]]) -> None:
    """Adds invoices with these texts to the empty organisation."""
    with world.owner.transaction():
        world.owner.execute("SELECT set_config('app.org_id', 'org_empty', true)")
        with world.owner.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO invoices (organization_id, number, customer_name,"
                " currency, status, total, created_at)"
                " VALUES ('org_empty', %s, %s, %s, 'paid', -1.50, '2024-01-01')",
                texts,
            )
