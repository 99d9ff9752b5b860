"""Programs that unpack gzip find the file that is written without it."""

import gzip
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.driver import asking
from tests.fix_world import World
from tests.judges.data import insert, naughty_strings
from tests.judges.readers import ROOT, node


def with_gzip(path: Path) -> bytes:
    return _output("gzip", "-dc", str(path))


def with_fflate(path: Path) -> bytes:
    if reason := node("fflate")():
        pytest.skip(reason)
    return _output("node", str(Path(__file__).parent / "fflate.cjs"), str(path))


def _output(program: str, *arguments: str) -> bytes:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    return subprocess.run(
        [program, *arguments], capture_output=True, check=True, cwd=ROOT
    ).stdout


JUDGES: dict[str, Callable[[Path], bytes]] = {
    "python": lambda path: gzip.decompress(path.read_bytes()),
    "gzip": with_gzip,
    "fflate": with_fflate,
}


def exported(world: World, name: str) -> bytes:
    request = asking(format=name)
    run = world.start("org_empty", "user_frank", key=name, request=request).run
    assert world.run_to_end(run.ref) == "completed"
    return world.file(run.id, "org_empty")


@pytest.mark.parametrize("name", ["csv", "jsonl"])
@pytest.mark.parametrize("judge", JUDGES)
def test_packed_file_is_the_plain_one(
    world: World, tmp_path: Path, judge: str, name: str
) -> None:
    insert(world, [(text, text, text) for text in naughty_strings()])
    path = tmp_path / "invoices.gz"
    path.write_bytes(exported(world, f"{name}.gz"))
    assert JUDGES[judge](path) == exported(world, name)
