"""The embedded server: who may connect, and what it survives."""

import os
import socket
from collections.abc import Iterator

import psycopg
import pytest

from local.config import APP_ROLE, OWNER_ROLE, Laptop
from local.errors import LaptopError
from local.postgres import Postgres
from tests.laptops import laptop_in


@pytest.fixture
def laptop(tmp_path) -> Iterator[Laptop]:
    laptop = laptop_in(tmp_path / "laptop")
    yield laptop
    Postgres(laptop).stop()


def test_roles_cannot_bypass_row_level_security(laptop):
    Postgres(laptop).start()
    with psycopg.connect(laptop.owner_database_url) as connection:
        roles = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles"
            " WHERE rolname = ANY(%s) ORDER BY rolname",
            [[APP_ROLE, OWNER_ROLE]],
        ).fetchall()
        version = connection.info.server_version
    assert roles == [(APP_ROLE, False, False, False), (OWNER_ROLE, False, False, False)]
    assert version // 10_000 == 18


def test_wrong_password_is_refused(laptop):
    Postgres(laptop).start()
    wrong = laptop.database_url.replace(laptop.passwords[APP_ROLE], "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication"):
        psycopg.connect(wrong)


def test_data_survives_stop_and_crash(laptop):
    postgres = Postgres(laptop)
    postgres.start()
    with psycopg.connect(laptop.owner_database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    postgres.stop()
    assert not postgres.is_up
    postgres.start()
    postgres.crash_and_restart()
    with psycopg.connect(laptop.owner_database_url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_starting_twice_changes_nothing(laptop):
    postgres = Postgres(laptop)
    postgres.start()
    first = postgres.process
    postgres.start()
    assert postgres.process == first is not None


def test_port_in_use_is_reported_in_one_line(laptop):
    with socket.socket() as other:
        other.bind(("127.0.0.1", laptop.database_port))
        other.listen()
        with pytest.raises(LaptopError) as refusal:
            Postgres(laptop).start()
    message = str(refusal.value)
    assert f"Port {laptop.database_port}" in message
    assert "DATABASE_PORT=" in message
    assert "\n" not in message


@pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL refuses only root")
def test_server_starts_in_a_folder_that_only_root_may_enter(laptop):
    laptop.folder.mkdir(mode=0o700)
    Postgres(laptop).start()
    with psycopg.connect(laptop.database_url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (APP_ROLE,)


def test_only_their_owner_can_read_the_passwords(laptop):
    assert laptop.passwords[APP_ROLE] != laptop.passwords[OWNER_ROLE]
    assert (laptop.folder / "passwords.json").stat().st_mode & 0o077 == 0
