"""Programs and the database agree on random values of every kind, in every format."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from invoice_export.contracts.requests import parse
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from tests.fix_postgres import TestDatabase
from tests.fix_world import World
from tests.judges import agreeing, expected
from tests.judges.every_kind import (
    DATASET,
    FIELDS,
    HEADERS,
    JUDGED,
    ORGANIZATION,
    USER,
    Field,
    Texts,
    create,
)

Written = Callable[[Field, str | None], Any]


def of_csv(path: Path, rows: list[Texts]) -> agreeing.Differences:
    truth = as_written(rows, lambda field, text: expected.in_csv(field.kind, text))
    return agreeing.of_csv(path, [HEADERS, *truth])


def of_workbook(path: Path, rows: list[Texts]) -> agreeing.Differences:
    truth = as_written(
        rows, lambda field, text: expected.in_workbook(field.kind, field.type, text)
    )
    return agreeing.of_workbook(path, [HEADERS, *truth])


def of_json_lines(path: Path, rows: list[Texts]) -> agreeing.Differences:
    truth = as_written(
        rows, lambda field, text: expected.in_json(field.kind, field.type, text)
    )
    return agreeing.of_json_lines(path, truth)


def as_written(rows: list[Texts], written: Written) -> list[list[Any]]:
    return [[written(*cell) for cell in zip(FIELDS, row, strict=True)] for row in rows]


@pytest.fixture
def judged(world: World, database: TestDatabase) -> Iterator[World]:
    """A world that also knows the dataset with a column of every kind."""
    before = world.db
    world.db = Database(connector(database.app_url), JUDGED)
    yield world
    world.db.close()
    world.db = before


@pytest.mark.parametrize(
    ("rows", "seed"), [(800, 1), pytest.param(20_000, 2, marks=pytest.mark.long)]
)
@pytest.mark.parametrize(
    ("name", "differences"),
    [("csv", of_csv), ("xlsx", of_workbook), ("jsonl", of_json_lines)],
)
def test_random_values_are_read_alike(
    *,
    judged: World,
    database: TestDatabase,
    tmp_path: Path,
    name: str,
    differences: Callable[[Path, list[Texts]], agreeing.Differences],
    rows: int,
    seed: int,
) -> None:
    texts = create(database.owner_url, rows, seed)
    request = parse(JUDGED, {"dataset": DATASET.name, "format": name})
    run = judged.start(ORGANIZATION, USER, request=request).run
    assert judged.run_to_end(run.ref) == "completed"
    path = tmp_path / f"every-kind.{name}"
    path.write_bytes(judged.file(run.id, ORGANIZATION))
    assert differences(path, texts) == {}
