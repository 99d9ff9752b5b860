"""``make database-setup``: prints what a database's administrator runs once."""

import textwrap
from collections.abc import Iterator

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope

from invoice_export.adapters.database_setup import removal_statement, setup_statements
from invoice_export.domain.dataset import Datasets
from local.errors import LaptopError

OURS = "invoice_export"
NO_PASSWORDS = """\
-- Give the two roles passwords, in psql:
-- \\password invoice_export_owner
-- \\password invoice_export_app"""
REMOVAL = """\
-- This one statement removes it all again: the schema, the rights and the roles."""
# Where views look for a table without a schema.
DEFAULT_SCHEMA = "public"


def tables_read(datasets: Datasets) -> list[tuple[str, str]]:
    """Return the tables that the queries name, as schema and name; not our own."""
    directory = datasets.directory
    queries = [dataset.query for dataset in datasets.all]
    queries += [directory.organizations, directory.users, directory.members]
    found = {table for query in queries for table in _tables(query)}
    return sorted(table for table in found if table[0] != OURS)


def setup_text(
    datasets: Datasets,
    *,
    owner_password: str | None,
    app_password: str | None,
    rds_iam: bool,
) -> str:
    """Return the statements with comments, for psql or any other client."""
    statements = setup_statements(
        tables_read(datasets),
        owner_password=owner_password,
        app_password=app_password,
        rds_iam=rds_iam,
    )
    parts = [statements.as_string().strip()]
    if not rds_iam and (owner_password is None or app_password is None):
        parts.append(NO_PASSWORDS)
    removal = textwrap.indent(removal_statement().strip(), "-- ", lambda _: True)
    parts.append(f"{REMOVAL}\n{removal}")
    return "\n\n".join(parts)


def _tables(query: str) -> Iterator[tuple[str, str]]:
    try:
        scopes = traverse_scope(parse_one(query, dialect="postgres"))
    except SqlglotError as exc:
        raise LaptopError(
            f"The tables of this query are not clear: {query.strip()[:80]!r}. Write "
            "GRANT SELECT ON each of them TO invoice_export_system by hand."
        ) from exc
    for scope in scopes:
        # A name that WITH defines is a scope, not a table.
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and source.name:
                yield (
                    _folded(source.args.get("db")) or DEFAULT_SCHEMA,
                    _folded(source.this),
                )


def _folded(name: object) -> str:
    """Return a name as PostgreSQL reads it: in lower case unless it is quoted."""
    if not isinstance(name, exp.Identifier):
        return ""
    text: str = name.this
    return text if name.quoted else text.lower()
