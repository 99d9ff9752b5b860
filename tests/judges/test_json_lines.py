"""Programs that read JSON lines and the database agree on every value of an export."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.driver import asking
from tests.fix_postgres import TestDatabase
from tests.fix_world import World
from tests.judges.data import chinook, insert, naughty_strings
from tests.judges.json_lines import JUDGES, Rows

TRUTH = """
SELECT id::text, number, customer_name, status, total, currency, created_at, due_at
FROM invoices WHERE organization_id = %s ORDER BY created_at, id
"""


def agree(world: World, folder: Path, organization: str, user: str) -> None:
    """Every installed judge reads exactly the rows of the database."""
    request = asking(format="jsonl")
    run = world.start(organization, user, key=str(uuid4()), request=request).run
    assert world.run_to_end(run.ref) == "completed"
    path = folder / "invoices.jsonl"
    path.write_bytes(world.file(run.id, organization))
    expected = world.rows(TRUTH, organization, org=organization)
    truth = [list(row.values()) for row in expected]
    wrong = {
        name: found
        for name, (reader, missing) in JUDGES.items()
        if missing() is None
        if (found := _first_difference(reader(path), truth))
    }
    assert wrong == {}


def _first_difference(rows: Rows, truth: Rows) -> object:
    if len(rows) != len(truth):
        return (len(rows), len(truth))
    pairs = zip(rows, truth, strict=True)
    return next((pair for pair in pairs if not all(map(_same, *pair))), None)


def _same(seen: Any, true: Any) -> bool:
    if true is None or isinstance(true, str):
        return bool(seen == true)
    if isinstance(true, datetime):
        return datetime.fromisoformat(seen) == true
    return float(seen) == float(true)


@pytest.mark.parametrize("name", JUDGES)
def test_judge_is_installed(name: str) -> None:
    if reason := JUDGES[name][1]():
        pytest.skip(reason)


def test_chinook_is_read_alike(
    world: World, database: TestDatabase, tmp_path: Path
) -> None:
    organization, user = chinook(database)
    agree(world, tmp_path, organization, user)


def test_naughty_strings_are_read_alike(world: World, tmp_path: Path) -> None:
    insert(world, [(text, text, text) for text in naughty_strings()])
    agree(world, tmp_path, "org_empty", "user_frank")
