"""A given database: its addresses, and how a stack chooses and keeps it."""

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner

from invoice_export import datasets
from invoice_export.errors import DatasetError
from local.cli import app
from local.config import APP_ROLE, OWNER_ROLE, ROOT, Laptop
from local.errors import LaptopError
from local.given import GivenDatabase
from tests.laptops import laptop_in

BILLING = "postgresql://boss:p%40ss@db.example:6543/billing?sslmode=verify-full"


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path / "laptop"))
    monkeypatch.delenv("ENGINE", raising=False)
    return laptop_in(tmp_path / "laptop")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (BILLING, {"host": "db.example", "port": "6543", "sslmode": "verify-full"}),
        ("postgres://boss@h/billing", {"host": "h", "port": "5432"}),
        ("postgresql://boss@[::1]:1/billing", {"host": "::1", "port": "1"}),
        ("postgresql://b@h1:1,h2/billing", {"host": "h1,h2", "port": "1,5432"}),
        ("postgresql://b@h1,h2:2/billing", {"host": "h1,h2", "port": "5432,2"}),
        ("postgresql://b@%2Frun/billing", {"host": "/run", "port": "5432"}),
        ("host=h dbname=billing user=b password='a b'", {"host": "h", "port": "5432"}),
        (
            "postgresql://b@h/billing?options=-c%20geqo%3Doff",
            {"host": "h", "port": "5432", "options": "-c geqo=off"},
        ),
        (
            "postgresql://b@h/billing?sslrootcert=ca.pem",
            {"host": "h", "port": "5432", "sslrootcert": str(Path.cwd() / "ca.pem")},
        ),
        (
            "postgresql://b@h/billing?sslrootcert=system",
            {"host": "h", "port": "5432", "sslrootcert": "system"},
        ),
    ],
)
def test_url_of_a_role_changes_user_and_password_alone(
    url: str, kept: dict[str, str]
) -> None:
    found = conninfo_to_dict(GivenDatabase(url).url_of("our_role", "p/@:% 'x"))
    ours = {"user": "our_role", "password": "p/@:% 'x", "dbname": "billing"}
    assert found == {**ours, **kept}


def test_name_of_a_database_may_have_any_letter() -> None:
    given = GivenDatabase("postgresql://b@h/caf%C3%A9%20%3F")
    assert conninfo_to_dict(given.url_of("r", "p"))["dbname"] == "café ?"


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("mysql://boss:secret@h/billing", "percent-encoded"),
        ("postgresql://boss:secret%@h/billing", "percent-encoded"),
        ("postgresql:///billing?user=boss&password=secret", "no host"),
        ("postgresql://boss:secret@h", "no name"),
        ("postgresql://h/billing?password=secret", "no user"),
    ],
)
def test_url_that_cannot_work_is_refused_without_its_password(
    url: str, what: str
) -> None:
    with pytest.raises(LaptopError, match=what) as refusal:
        GivenDatabase(url)
    assert "secret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_password_is_not_part_of_the_place() -> None:
    assert GivenDatabase(BILLING).place == "db.example:6543/billing"


def test_later_commands_use_the_database_of_the_first(laptop: Laptop) -> None:
    laptop.on(BILLING).save_given()
    later = Laptop.from_environment()
    assert later.given == GivenDatabase(BILLING)
    for role, url in (
        (APP_ROLE, later.database_url),
        (OWNER_ROLE, later.owner_database_url),
    ):
        assert url == GivenDatabase(BILLING).url_of(role, later.passwords[role])


def test_only_this_user_can_read_the_saved_url(laptop: Laptop) -> None:
    laptop.on(BILLING).save_given()
    modes = [path.stat().st_mode & 0o077 for path in laptop.folder.iterdir()]
    assert set(modes) == {0}


def test_stack_keeps_its_database(laptop: Laptop) -> None:
    laptop.on(BILLING).save_given()
    with pytest.raises(LaptopError, match=r"make clean.*LOCAL_DIR") as refusal:
        Laptop.from_environment().on("postgresql://boss@db.example:6543/other")
    assert "db.example:6543/billing, not db.example:6543/other" in str(refusal.value)


def test_stack_with_the_sample_keeps_it(laptop: Laptop) -> None:
    (laptop.folder / "postgres").mkdir(parents=True)
    with pytest.raises(LaptopError, match="uses the sample's database"):
        laptop.on(BILLING)


def test_administrator_may_have_a_new_password(laptop: Laptop) -> None:
    laptop.on(BILLING).save_given()
    new = BILLING.replace("p%40ss", "changed")
    Laptop.from_environment().on(new).save_given()
    assert Laptop.from_environment().given == GivenDatabase(new)


@pytest.mark.parametrize(
    "command",
    [["seed"], ["reset"], ["demo"], ["demo", "--fresh"], ["load", "any.csv"]],
)
def test_commands_of_the_sample_leave_a_given_database_alone(
    laptop: Laptop, command: list[str]
) -> None:
    laptop.on(BILLING).save_given()
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1
    assert done.stderr == (
        f"error: `make {command[0]}` is for the sample; this stack uses your database "
        "db.example:6543/billing.\n"
    )


def test_stack_without_a_database_needs_the_sample_dataset(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "load", lambda: SimpleNamespace(by_name={}))
    done = CliRunner().invoke(app, ["up"])
    assert done.exit_code == 1
    assert "has no invoices" in done.stderr
    assert "`make up DATABASE_URL=…`" in done.stderr
    assert not (laptop.folder / "postgres").exists()


def test_contradiction_in_a_declaration_is_one_line(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load() -> None:
        raise DatasetError("exactly one dataset must be declared default=True")

    monkeypatch.setattr(datasets, "load", load)
    done = CliRunner().invoke(app, ["up"])
    assert done.exit_code == 1
    assert done.stderr == "error: exactly one dataset must be declared default=True\n"


def command_of(target: str, *variables: str, **environment: str) -> str:
    """Return what make would run."""
    done = subprocess.run(
        ["make", "--dry-run", "--old-file", ".venv/.stamp", target, *variables],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().splitlines()[-1]


def test_only_the_command_line_chooses_a_database() -> None:
    assert command_of("up", f"DATABASE_URL={BILLING}").endswith("local up --given")
    assert command_of("up", DATABASE_URL=BILLING).endswith("local up")
    assert command_of("up", "DATABASE_URL=").endswith("local up")


def test_id_of_a_user_may_have_spaces() -> None:
    assert command_of("token", "AS=a b").endswith('local token --as "a b"')
    assert command_of("token").endswith("local token")
