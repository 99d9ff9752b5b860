"""Programs that unpack gzip find the file that is written without it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.driver import asking
from tests.fix_world import World
from tests.judges import readers
from tests.judges.data import insert, naughty_strings
from tests.judges.packed import JUDGES, Content, content_of, with_chromium


@pytest.fixture(params=[*JUDGES, "chromium"])
def unpack(request: pytest.FixtureRequest) -> Callable[[Path], Content]:
    """Each program in turn."""
    if request.param == "chromium":
        return partial(with_chromium, request.getfixturevalue("browser"))
    chosen, missing = JUDGES[request.param]
    if reason := missing():
        pytest.skip(reason)
    return chosen


def exported(world: World, name: str) -> bytes:
    request = asking(format=name)
    run = world.start("org_empty", "user_frank", key=name, request=request).run
    assert world.run_to_end(run.ref) == "completed"
    return world.file(run.id, "org_empty")


def test_packed_files_are_the_plain_ones(
    world: World, tmp_path: Path, unpack: Callable[[Path], Content]
) -> None:
    insert(world, [(text, text, text) for text in naughty_strings()])
    for name in ("csv", "jsonl"):
        path = tmp_path / "invoices.gz"
        path.write_bytes(exported(world, f"{name}.gz"))
        assert unpack(path) == content_of(exported(world, name)), name


def test_miller_reads_the_packed_file(world: World, tmp_path: Path) -> None:
    _, missing = readers.JUDGES["miller"]
    if reason := missing():
        pytest.skip(reason)
    insert(world, [(text, text, text) for text in naughty_strings()])
    path = tmp_path / "invoices.csv.gz"
    path.write_bytes(exported(world, "csv.gz"))
    truth = world.expected("org_empty")
    rows = [list(truth[0]), *(list(row.values()) for row in truth)]
    assert readers.with_miller(path, "--gzin") == readers.seen_by("miller", rows)
