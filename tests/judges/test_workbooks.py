"""Programs that read workbooks and the database agree on every cell of an export."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.driver import asking
from tests.fix_postgres import TestDatabase
from tests.fix_world import World
from tests.judges.data import chinook, insert, naughty_strings
from tests.judges.workbooks import EPOCH, JUDGES, Judge, Rows

TRUTH = """
SELECT id::text, number, customer_name AS "customerName", status, total, currency,
       created_at AS "createdAt", due_at AS "dueAt"
FROM invoices WHERE organization_id = %s ORDER BY created_at, id
"""


def file_and_truth(
    world: World, folder: Path, organization: str, user: str
) -> tuple[Path, Rows]:
    request = asking(format="xlsx")
    run = world.start(organization, user, key=str(uuid4()), request=request).run
    assert world.run_to_end(run.ref) == "completed"
    path = folder / f"{organization}.xlsx"
    path.write_bytes(world.file(run.id, organization))
    truth = world.rows(TRUTH, organization, org=organization)
    return path, [list(truth[0]), *(list(row.values()) for row in truth)]


def agree(path: Path, truth: Rows) -> None:
    """Every installed judge reads exactly the true rows."""
    wrong = {
        name: found
        for name, judge in JUDGES.items()
        if judge.missing() is None
        if (found := _first_difference(judge, judge.read(path), truth))
    }
    assert not wrong, wrong


def _first_difference(judge: Judge, rows: Rows, truth: Rows) -> object:
    if len(rows) != len(truth):
        return (len(rows), len(truth))
    pairs = zip(rows, truth, strict=True)
    return next(
        (found for pair in pairs if (found := _wrong_cells(judge, *pair))), None
    )


def _wrong_cells(judge: Judge, seen: list[Any], true: list[Any]) -> object:
    if len(seen) != len(true):
        return (seen, true)
    cells = zip(seen, true, strict=True)
    return [pair for pair in cells if not _same(judge, *pair)]


def _same(judge: Judge, seen: Any, true: Any) -> bool:
    if true is None or true == "":
        return seen is None or seen == ""
    if isinstance(true, str):
        return isinstance(seen, str) and judge.same(seen, true)
    if isinstance(true, datetime):
        if type(seen) is date:
            # What calamine makes of midnight.
            seen = datetime.combine(seen, time())
        if not isinstance(seen, datetime):
            seen = EPOCH + timedelta(days=float(seen or 0))
        return abs(seen.replace(tzinfo=UTC) - true) <= judge.times
    return float(seen or 0) == float(true)


@pytest.mark.parametrize("name", JUDGES)
def test_judge_is_installed(name: str) -> None:
    if reason := JUDGES[name].missing():
        pytest.skip(reason)


def test_chinook_is_read_alike(
    world: World, database: TestDatabase, tmp_path: Path
) -> None:
    organization, user = chinook(database)
    agree(*file_and_truth(world, tmp_path, organization, user))


def test_naughty_strings_are_read_alike(world: World, tmp_path: Path) -> None:
    insert(world, [(text, text, text) for text in naughty_strings()])
    agree(*file_and_truth(world, tmp_path, "org_empty", "user_frank"))
