"""docs/adapt.md, followed to the letter in a copy of the repository."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from local.config import ROOT
from local.mailbox import sent_mails
from local.postgres import binaries
from tests.adapting import DATASETS, blocks_of, commands_of, listings
from tests.apps.expecting import expected_file
from tests.apps.ledger import LEDGER
from tests.apps.ledger.rows import NORTH
from tests.e2e.conftest import ON_LOCALSTACK
from tests.laptops import (
    OUR_ROLES,
    as_superuser,
    foreign_server,
    laptop_in,
    url_of_boss,
)

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(ON_LOCALSTACK, reason="the page uses the embedded engine"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]

SECONDS = 300


@dataclass(frozen=True)
class Clone:
    """A copy of the repository, and a shell in it."""

    folder: Path
    environment: dict[str, str]

    def run(self, *blocks: str) -> str:
        """Run the blocks in one shell; fail with what they print."""
        done = subprocess.run(
            ["bash", "-c", "\n".join(("set -euo pipefail", *blocks))],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def facts(self) -> dict[str, str]:
        facts: dict[str, str] = json.loads(
            (self.folder / ".local" / "stack.json").read_text()
        )
        return facts


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone beside a server that has the ledger's database."""
    top = tmp_path_factory.mktemp("adapt")
    top.chmod(0o755)
    (top / "server").mkdir()
    with foreign_server(top / "server") as server:
        with as_superuser(server) as connection:
            connection.execute("CREATE DATABASE ledger")
        LEDGER.create(server.url_of("postgres", "ledger"))
        folder = top / "clone"
        copy_of_the_repository(folder)
        clone = Clone(
            folder,
            shell_of(folder)
            | {
                "LEDGER_URL": server.url_of("postgres", "ledger"),
                "COPY_URL": url_of_boss(server, "ledger_copy"),
            },
        )
        try:
            yield clone
        finally:
            if (folder / ".local" / "ports.json").exists():
                clone.run("make clean")


def shell_of(folder: Path) -> dict[str, str]:
    """Return this environment, without what names another stack."""
    ports = laptop_in(folder).environment
    # Python would find the package of this checkout.
    package = (folder / DATASETS).parents[1]
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MAKE", "MFLAGS")) and name not in {*ports, "AS"}
    }
    return kept | {
        "PATH": f"{binaries()}:{os.environ['PATH']}",
        "PYTHONPATH": str(package),
        **{name: port for name, port in ports.items() if name.endswith("_PORT")},
    }


def copy_of_the_repository(folder: Path) -> None:
    """Copy what git would clone; the installed tools are links."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).exists() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for name in (".venv", "node_modules"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("requirements.lock", "package-lock.json"):
        # What the links lead to is installed already: make must leave it alone.
        os.utime(folder / name, (0, 0))


def test_page_leads_from_a_database_to_a_file_and_back(clone: Clone) -> None:
    follow_to_the_stack(clone)
    protect_rows(clone)
    follow_to_the_file(clone)
    find_nothing_of_the_sample(clone)
    remove_everything(clone)


def follow_to_the_stack(clone: Clone) -> None:
    clone.run(*commands_of("1. Copy the database"))
    clone.run(*commands_of("2. Say who belongs where"))
    for name, text in listings().items():
        (clone.folder / DATASETS / name).write_text(text, "utf-8")
    clone.run(*commands_of("4. Check it against the database"))
    said = clone.run(*commands_of("5. Start the stack"))
    assert "It exports from 127.0.0.1:" in said


def protect_rows(clone: Clone) -> None:
    """Give the application row-level security, and the policy of the page."""
    with psycopg.connect(clone.environment["COPY_URL"]) as boss:
        boss.execute("ALTER TABLE billing.bills ENABLE ROW LEVEL SECURITY")
        for policy in blocks_of("Row-level security of your own", "sql"):
            boss.execute(policy)  # type: ignore[call-overload]


def follow_to_the_file(clone: Clone) -> None:
    export = commands_of("6. Export")
    clone.run(*export)
    body = re.search(r"--json '(\{.*?\})'", export[0], re.DOTALL)
    assert body is not None
    with psycopg.connect(clone.environment["COPY_URL"]) as boss:
        expected = expected_file(LEDGER, boss, NORTH, json.loads(body[1]))
    assert (clone.folder / "bills.csv").read_bytes() == expected
    assert expected.count(b"\r\n") > 100
    (mail,) = sent_mails(clone.facts["mailbox_url"])
    assert mail["To"] == ["member@north.example"]


def find_nothing_of_the_sample(clone: Clone) -> None:
    token = clone.run("make -s token AS=3").strip()
    answer = httpx.get(
        f"{clone.facts['api_url']}/api/organizations/{NORTH}/datasets",
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    offered = [each["name"] for each in answer.json()["datasets"]]
    assert offered == ["bills", "audit-log"]


def remove_everything(clone: Clone) -> None:
    said = clone.run("make clean")
    assert "keeps its runs, in the schema invoice_export" in said
    assert not (clone.folder / ".local").exists()
    roles = "SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)"
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^(invoice|bill|sampl)'"
    with psycopg.connect(clone.environment["COPY_URL"], autocommit=True) as boss:
        assert boss.execute(roles, [list(OUR_ROLES)]).fetchone() == (3,)
        clone.run(*commands_of("Removing it"))
        assert boss.execute(roles, [list(OUR_ROLES)]).fetchone() == (0,)
        assert boss.execute(schemas).fetchall() == [("billing",)]
