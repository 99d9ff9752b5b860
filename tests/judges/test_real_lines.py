"""Programs and the database agree on half a million real invoice lines."""

from functools import partial
from pathlib import Path

import pytest

from local.loader.rules import Rules
from tests.fix_browser import chromium
from tests.fix_postgres import TestDatabase
from tests.fix_world import World
from tests.judges import agreeing, packed, readers
from tests.judges.data import HEADERS, LARGE, RETAIL, exported, loaded, truth

LINES = 541_909


@pytest.mark.long
def test_every_format_of_the_real_lines_is_read_alike(
    world: World,
    database: TestDatabase,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """In one organisation, so that LibreOffice and the others open one large file."""
    if not RETAIL.exists():
        pytest.skip(f"{RETAIL} does not exist")
    world.pages = LARGE
    rules = Rules(organization="org_wholesaler")
    (found,) = loaded(database, RETAIL, rules).items()
    files = {
        name: exported(world, tmp_path, *found, format=name)
        for name in ("csv", "csv.gz", "jsonl", "jsonl.gz", "xlsx")
    }

    rows = truth(world, found[0])
    assert len(rows) == LINES
    assert agreeing.of_json_lines(files["jsonl"], rows) == {}
    assert agreeing.of_workbook(files["xlsx"], [HEADERS, *rows]) == {}
    del rows
    texts = [HEADERS, *(list(row.values()) for row in world.expected(found[0]))]
    assert agreeing.of_csv(files["csv"], texts) == {}
    if readers.JUDGES["miller"][1]() is None:
        seen = readers.with_miller(files["csv.gz"], "--gzin")
        assert seen == readers.seen_by("miller", texts)

    unpackers = {
        name: unpack
        for name, (unpack, missing) in packed.JUDGES.items()
        if not missing()
    }
    if chromium():
        browser = request.getfixturevalue("browser")
        unpackers["chromium"] = partial(packed.with_chromium, browser)
    for name in ("csv", "jsonl"):
        plain = packed.content_of(files[name].read_bytes())
        seen_by = {
            judge: unpack(files[f"{name}.gz"]) for judge, unpack in unpackers.items()
        }
        assert seen_by == dict.fromkeys(unpackers, plain)
