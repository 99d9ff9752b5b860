"""The embedded server: who may connect, what it survives, what it says."""

import os
import socket
from collections.abc import Iterator

import psycopg
import pytest

from local.config import APP_ROLE, OWNER_ROLE, Laptop
from local.errors import LaptopError
from local.postgres import Postgres
from local.processes import free_port


@pytest.fixture
def laptop(tmp_path) -> Iterator[Laptop]:
    made = Laptop(
        folder=tmp_path / "laptop", engine_port=free_port(), database_port=free_port()
    )
    yield made
    Postgres(made).stop()


def test_roles_cannot_bypass_row_level_security(laptop):
    Postgres(laptop).start()
    with psycopg.connect(laptop.owner_database_url) as connection:
        roles = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles"
            " WHERE rolname = ANY(%s) ORDER BY rolname",
            [[APP_ROLE, OWNER_ROLE]],
        ).fetchall()
        version = connection.info.server_version
    assert roles == [(APP_ROLE, False, False, False), (OWNER_ROLE, False, False, True)]
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
    assert postgres.process_id is None
    postgres.start()
    postgres.crash_and_restart()
    with psycopg.connect(laptop.owner_database_url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_starting_twice_changes_nothing(laptop):
    postgres = Postgres(laptop)
    postgres.start()
    first = postgres.process_id
    postgres.start()
    assert postgres.process_id == first


def test_taken_port_is_told_in_one_line(laptop):
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", laptop.database_port))
        squatter.listen()
        with pytest.raises(LaptopError) as told:
            Postgres(laptop).start()
    message = str(told.value)
    assert f"Port {laptop.database_port}" in message
    assert "DATABASE_PORT=" in message
    assert "\n" not in message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused by PostgreSQL")
def test_folder_that_only_root_may_enter_is_no_obstacle(laptop):
    laptop.folder.mkdir(mode=0o700)
    Postgres(laptop).start()
    with psycopg.connect(laptop.database_url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (APP_ROLE,)


def test_passwords_are_for_their_owner_only(laptop):
    assert laptop.passwords[APP_ROLE] != laptop.passwords[OWNER_ROLE]
    assert (laptop.folder / "passwords.json").stat().st_mode & 0o077 == 0
