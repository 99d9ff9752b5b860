"""Independent CSV readers and the database agree on every cell of an export."""

import csv
import random
import string
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fix_postgres import TestDatabase
from tests.fix_world import World
from tests.judges import agreeing
from tests.judges.data import (
    chinook,
    insert,
    naughty_strings,
)
from tests.judges.readers import (
    JUDGES,
    Rows,
    libreoffice,
    open_document,
    seen_by,
)

FORMULA = tuple("=+-@\t\r\n")


def file_and_truth(
    world: World, folder: Path, organization: str, user: str
) -> tuple[Path, Rows]:
    """Exports the organisation; returns the file and the rows the database expects."""
    run = world.start(organization, user).run
    assert world.run_to_end(run.ref) == "completed"
    path = folder / f"{organization}.csv"
    path.write_bytes(world.file(run.id, organization))
    truth = world.expected(organization)
    return path, [list(truth[0]), *(list(row.values()) for row in truth)]


@pytest.mark.parametrize("judge", JUDGES)
def test_judge_reads_the_format(judge: str, tmp_path: Path) -> None:
    reader, missing = JUDGES[judge]
    if reason := missing():
        pytest.skip(reason)
    cells = ["a\rb", "\nLF", "a\r\nb", 'q"q,', "", "\\.", " x ", "北京"]
    path = tmp_path / "judge.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows([[*"abcdefgh"], cells])
    assert reader(path) == seen_by(judge, [[*"abcdefgh"], cells])


def test_chinook_is_read_alike(
    world: World, database: TestDatabase, tmp_path: Path
) -> None:
    organization, user = chinook(database)
    path, truth = file_and_truth(world, tmp_path, organization, user)
    assert agreeing.of_csv(path, truth) == {}


def test_naughty_strings_are_read_alike(world: World, tmp_path: Path) -> None:
    insert(world, [(text, text, text) for text in naughty_strings()])
    path, truth = file_and_truth(world, tmp_path, "org_empty", "user_frank")
    assert agreeing.of_csv(path, truth) == {}


def test_random_texts_are_read_alike(world: World, tmp_path: Path) -> None:
    # Drawn once from a fixed seed: an export per example would take too long.
    source = random.Random(20_26)
    alphabet = string.printable + "äöü€北京\u2028\u00a0😀\x7f\x01" + ',"\r\n' * 8
    texts = [
        tuple("".join(source.choices(alphabet, k=source.randint(1, 30))) for _ in "abc")
        for _ in range(1500)
    ]
    insert(world, texts)  # type: ignore[arg-type]
    path, truth = file_and_truth(world, tmp_path, "org_empty", "user_frank")
    assert agreeing.of_csv(path, truth) == {}


@given(
    texts=st.lists(
        st.tuples(
            *[
                st.text(
                    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
                    min_size=1,
                )
            ]
            * 3
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_texts_come_back(
    world: World, tmp_path: Path, texts: list[tuple[str, str, str]]
) -> None:
    world.rows(
        "DELETE FROM invoices WHERE organization_id = 'org_empty'", org="org_empty"
    )
    insert(world, texts)
    run = world.start("org_empty", "user_frank", key=str(uuid4())).run
    assert world.run_to_end(run.ref) == "completed"
    assert world.records(run.id, "org_empty") == world.expected("org_empty")


HIDDEN = [
    "x;=1+1",
    "x;=cmd|' /c calc'!A0",
    'x;=HYPERLINK("http://evil.example","x")',
    'x;"=1+1"',
    'x;"=1+1;"',
    'a,"b;=1+1',
    "x\t=1+1",
    "\t=1+1",
    "x\n=1+1",
    "x\r\n=1+1",
    'two,\n=1+1,"',
    "x;+1+1;-1+1;@SUM(1)",
    ";;=1+1",
]
# Tried in LibreOffice: the characters before the sign make the cell text.
HARMLESS = ["x; =1+1", "x;\u00a0=1+1", "x;\ufeff=1+1", "x;\uff1d1+1", "x|=1+1"]


def opened_by_libreoffice(path: Path, separator: str) -> str:
    """Opens a CSV file in LibreOffice and returns the sheet as XML."""
    if reason := libreoffice():
        pytest.skip(reason)
    # Separator, quote, UTF-8, from line 1, English, formulas evaluated.
    csv_filter = f"--infilter=CSV:{ord(separator)},34,76,1,,1033,false,true"
    return open_document(path, csv_filter).read_text("utf-8")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_libreoffice_finds_no_formula(
    world: World, tmp_path: Path, separator: str
) -> None:
    texts = [text for text in naughty_strings() if text[0] in FORMULA]
    texts += [
        '=HYPERLINK("http://evil.example","x")',
        "=1+1",
        "@SUM(1)",
        "+1+1",
        "-2+3",
        *HIDDEN,
        *HARMLESS,
    ]
    insert(world, [(text, text, "EUR") for text in texts])
    path, truth = file_and_truth(world, tmp_path, "org_empty", "user_frank")
    sheet = opened_by_libreoffice(path, separator)
    assert "table:formula=" not in sheet
    assert "HYPERLINK" in sheet
    assert len(truth) == len(texts) + 1


def test_libreoffice_would_run_an_unguarded_formula(tmp_path: Path) -> None:
    path = tmp_path / "unguarded.csv"
    path.write_text("1,x;=1+1,2\r\n", newline="")
    assert "table:formula=" in opened_by_libreoffice(path, ";")
