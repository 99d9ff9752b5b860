"""Programs that read JSON lines and the database agree on every value of an export."""

from pathlib import Path

import pytest

from tests.fix_postgres import TestDatabase
from tests.fix_world import World
from tests.judges import agreeing
from tests.judges.data import chinook, exported, insert, naughty_strings, truth
from tests.judges.json_lines import JUDGES, exactly

NUMBERS = (
    *("9223372036854775808", "18446744073709551615", "18446744073709551616"),
    *("-9223372036854775808", "-9223372036854775809", "18446744073709551615.5"),
    *("340282366920938463463374607431768211455", "1e+21"),
    *("340282366920938463463374607431768211456", "2.3e-308", "2.2e-308", "0.0"),
    *(f"1{'0' * 39}", f"1{'0' * 400}", f"0.{'0' * 400}1"),
)
REFUSALS = "too big|too small|Range error|error parsing"


def agree(world: World, folder: Path, organization: str, user: str) -> None:
    """Every installed judge reads exactly the rows of the database."""
    path = exported(world, folder, organization, user, format="jsonl")
    assert agreeing.of_json_lines(path, truth(world, organization)) == {}


@pytest.mark.parametrize("name", JUDGES)
def test_judge_is_installed(name: str) -> None:
    if reason := JUDGES[name].missing():
        pytest.skip(reason)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_judge_refuses_what_is_named(name: str, number: str, tmp_path: Path) -> None:
    judge = JUDGES[name]
    if reason := judge.missing():
        pytest.skip(reason)
    path = tmp_path / "number.jsonl"
    path.write_text(f'{{"total":{number}}}\n')
    true = [exactly(number)]
    if judge.accepts(true):
        assert agreeing.first(judge.read(path), [true], judge.same) is None
    else:
        with pytest.raises(Exception, match=REFUSALS):
            list(judge.read(path))


def test_chinook_is_read_alike(
    world: World, database: TestDatabase, tmp_path: Path
) -> None:
    organization, user = chinook(database)
    agree(world, tmp_path, organization, user)


def test_naughty_strings_are_read_alike(world: World, tmp_path: Path) -> None:
    insert(world, [(text, text, text) for text in naughty_strings()])
    agree(world, tmp_path, "org_empty", "user_frank")
