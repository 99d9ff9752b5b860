"""What an administrator runs once, so that a database can be deployed to."""

from collections.abc import Iterable
from pathlib import Path
from typing import LiteralString

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

SCRIPTS = Path(__file__).parent.parent / "sql"
NOTHING = SQL("")
RDS_IAM = SQL("""
-- The functions sign in by IAM. This takes ADMIN OPTION on rds_iam, which the master
-- user of an RDS instance has. Whoever creates a role is its member, so RDS may let the
-- administrator sign in by IAM only from now on, and no longer by password.
GRANT rds_iam TO invoice_export_owner, invoice_export_app;
""")


def setup_statements(
    tables: Iterable[tuple[str, str]],
    *,
    owner_password: str | None = None,
    app_password: str | None = None,
    rds_iam: bool = False,
) -> Composed:
    """Return the set-up; running it again adds what is missing.

    ``tables`` are the schemas and names that the queries read. A role without a
    password keeps the one that it has; with ``rds_iam`` RDS asks for none.
    """
    return _script("setup").format(
        owner_password=_password(owner_password),
        app_password=_password(app_password),
        rds_iam=RDS_IAM if rds_iam else NOTHING,
        grants=SQL("\n").join(_grants(sorted(set(tables)))),
    )


def removal_statement() -> LiteralString:
    """Return the statement that removes schema, rights and roles."""
    return (SCRIPTS / "removal.sql").read_text("utf-8")


def _grants(tables: list[tuple[str, str]]) -> Iterable[Composable]:
    for schema in sorted({schema for schema, _ in tables}):
        yield SQL("GRANT USAGE ON SCHEMA {} TO invoice_export_system;").format(
            Identifier(schema)
        )
    for table in tables:
        yield SQL("GRANT SELECT ON {} TO invoice_export_system;").format(
            Identifier(*table)
        )


def _password(password: str | None) -> Composable:
    if password is None:
        return NOTHING
    return SQL(" PASSWORD {}").format(Literal(password))


def _script(name: str) -> SQL:
    return SQL((SCRIPTS / f"{name}.sql").read_text("utf-8"))
