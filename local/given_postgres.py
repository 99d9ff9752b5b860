"""Prepares a given database, as its administrator: checks, roles, our schema."""

import psycopg
from psycopg import errors
from psycopg.rows import tuple_row

from invoice_export import datasets
from invoice_export.adapters.database_setup import setup_statements
from local.config import APP_ROLE, OWNER_ROLE, Laptop
from local.database_setup import tables_read
from local.errors import LaptopError
from local.given import GivenDatabase
from local.localstack import ExternalPostgres

OLDEST = 16
CONNECT_SECONDS = 10

CAN_SET_UP = """
SELECT (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user)
   AND has_database_privilege(current_database(), 'CREATE')
"""

# Roles belong to the server: new passwords would lock out another database's functions.
ALSO_USED_BY = """
SELECT min(datname)
FROM pg_shdepend
JOIN pg_database ON pg_database.oid = dbid
JOIN pg_roles ON refclassid = 'pg_authid'::regclass AND pg_roles.oid = refobjid
WHERE rolname = ANY(%s) AND datname <> current_database()
"""


class GivenPostgres(ExternalPostgres):
    """The database of the team. Outside our schema nothing is ever written."""

    def __init__(self, laptop: Laptop, given: GivenDatabase) -> None:
        super().__init__(laptop)
        self._given = given

    @property
    def is_up(self) -> bool:
        """Whether our role gets in; the administrator may be away by now."""
        try:
            psycopg.connect(
                self._laptop.database_url, connect_timeout=CONNECT_SECONDS
            ).close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Run the set-up statements and remember the database."""
        with self._connect() as connection:
            self._check(connection)
            self._set_up(connection)
        for role, url in (
            (OWNER_ROLE, self._laptop.owner_database_url),
            (APP_ROLE, self._laptop.database_url),
        ):
            self._require_login(role, url)
        self._laptop.save_given()

    def _connect(self) -> psycopg.Connection:
        try:
            return psycopg.connect(
                self._given.url,
                connect_timeout=CONNECT_SECONDS,
                client_encoding="utf8",
                application_name="invoice-export set-up",
            )
        except psycopg.OperationalError as exc:
            raise LaptopError(
                f"PostgreSQL at {self._given.place} refuses the connection: "
                f"{_first_line(exc)}. Check DATABASE_URL."
            ) from exc

    def _check(self, connection: psycopg.Connection) -> None:
        place, role = self._given.place, connection.info.user
        version = connection.info.server_version // 10_000
        if version < OLDEST:
            raise LaptopError(
                f"{place} is PostgreSQL {version}; the export needs {OLDEST} or later. "
                "Restore a dump of it into a newer server."
            )
        with connection.cursor(row_factory=tuple_row) as cursor:
            (able,) = cursor.execute(CAN_SET_UP).fetchone() or (False,)
            ours = [[OWNER_ROLE, APP_ROLE]]
            (other,) = cursor.execute(ALSO_USED_BY, ours).fetchone() or (None,)
        if not able:
            raise LaptopError(
                f"The role {role} may not create roles and schemas in {place}. Use "
                "another role, or have an administrator run: "
                f'ALTER ROLE "{role}" CREATEROLE; '
                f'GRANT CREATE ON DATABASE "{connection.info.dbname}" TO "{role}".'
            )
        if other is not None:
            raise LaptopError(
                f"The database {other} of the same server uses the role {OWNER_ROLE}; "
                "new passwords would lock it out. Use a server of its own for the "
                "laptop stack."
            )

    def _set_up(self, connection: psycopg.Connection) -> None:
        passwords = self._laptop.passwords
        try:
            # All of it or nothing, as the caller's connection is one transaction.
            connection.execute(
                setup_statements(
                    tables_read(datasets.load()),
                    owner_password=passwords[OWNER_ROLE],
                    app_password=passwords[APP_ROLE],
                )
            )
        except (errors.UndefinedTable, errors.InvalidSchemaName) as exc:
            raise LaptopError(
                f"The queries in datasets/ do not fit {self._given.place}: "
                f"{_first_line(exc)}. Correct them, or delete those of another "
                "application (docs/adapt.md)."
            ) from exc
        except errors.InsufficientPrivilege as exc:
            raise LaptopError(
                f"The role {connection.info.user} cannot run the set-up of "
                f"{self._given.place}: {_first_line(exc)}. Use a role that may grant "
                "SELECT on the tables of your queries, such as their owner."
            ) from exc
        except psycopg.Error as exc:
            raise LaptopError(
                f"The set-up of {self._given.place} failed: {_first_line(exc)}."
            ) from exc

    def _require_login(self, role: str, url: str) -> None:
        try:
            psycopg.connect(url, connect_timeout=CONNECT_SECONDS).close()
        except psycopg.OperationalError as exc:
            raise LaptopError(
                f"The new role {role} cannot log in to {self._given.place} with its "
                f"password: {_first_line(exc)}. Allow it in pg_hba.conf."
            ) from exc


def _first_line(exc: psycopg.Error) -> str:
    return str(exc).strip().splitlines()[0].rstrip(".")
