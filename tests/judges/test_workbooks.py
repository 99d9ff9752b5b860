"""Programs that read workbooks and the database agree on every cell of an export."""

from pathlib import Path

import pytest

from tests.fix_postgres import TestDatabase
from tests.fix_world import World
from tests.judges import agreeing
from tests.judges.data import HEADERS, chinook, exported, insert, naughty_strings, truth
from tests.judges.workbooks import JUDGES


def agree(world: World, folder: Path, organization: str, user: str) -> None:
    """Every installed judge reads exactly the rows of the database."""
    path = exported(world, folder, organization, user, format="xlsx")
    rows = [HEADERS, *truth(world, organization)]
    assert agreeing.of_workbook(path, rows) == {}


@pytest.mark.parametrize("name", JUDGES)
def test_judge_is_installed(name: str) -> None:
    if reason := JUDGES[name].missing():
        pytest.skip(reason)


def test_chinook_is_read_alike(
    world: World, database: TestDatabase, tmp_path: Path
) -> None:
    organization, user = chinook(database)
    agree(world, tmp_path, organization, user)


def test_naughty_strings_are_read_alike(world: World, tmp_path: Path) -> None:
    insert(world, [(text, text, text) for text in naughty_strings()])
    agree(world, tmp_path, "org_empty", "user_frank")
