"""Makes the secured views of the directory and of every dataset.

An application's tables stay out of reach: the views and two functions read them as the
role ``invoice_export_system``, and show the rows of ``app.org_id`` only.
"""

from collections.abc import Callable, Collection, Mapping
from hashlib import sha256
from pathlib import Path
from typing import LiteralString, NamedTuple

import psycopg
from psycopg import Connection
from psycopg.rows import scalar_row, tuple_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from invoice_export.domain.dataset import (
    Dataset,
    Datasets,
    Directory,
    KeyType,
    keys_view_of,
    view_of,
)
from invoice_export.domain.query_columns import TEXTS, misfits
from invoice_export.domain.roles import Role
from invoice_export.errors import DatasetError

SCRIPTS = Path(__file__).parent.parent / "sql" / "views"

CURRENT = SQL("nullif(current_setting('app.org_id', true), '')")
# Not the bare parameter: the planner would cast its value before CASE asks whether it
# can be cast.
OF_USER = SQL("(SELECT of_user)")
# What several statements over the directory's queries (o, u, m) share. A user without a
# name goes by the address; the strongest role comes first.
DIRECTORY_PARTS: dict[str, Composable] = {
    "organization_name": SQL("coalesce(o.name::text, o.id::text)"),
    "user_name": SQL("coalesce(u.name::text, u.email::text, u.id::text)"),
    "roles": SQL(", ").join(Literal(role.value) for role in reversed(Role)),
}
DIRECTORY_COLUMNS = {
    "organizations": ("id", "name"),
    "users": ("id", "name", "email"),
    "members": ("organization_id", "user_id", "role"),
}

ALL_COLUMNS = SQL("q.*")


class Columns(NamedTuple):
    """The columns of a query: the names of their types, and which are of a domain.

    A domain goes by its base type's name.
    """

    types: Mapping[str, str]
    domains: frozenset[str]


def apply(connect: Callable[[], Connection], datasets: Datasets) -> None:
    """Make the views, and record the datasets' fingerprints, in one transaction.

    What has not changed stays as it is, so that no reader waits. Raises
    :class:`DatasetError` if a query does not fit the database or its declaration.
    """
    with connect() as connection, connection.transaction():
        connection.execute(_script("begin").as_string())
        _forget_others(connection, datasets)
        for dataset in datasets.all:
            _apply_dataset(connection, dataset)
        # Last, because every request reads it, and a dataset may wait for its readers.
        _apply_directory(connection, datasets.directory)
        connection.execute(_script("end").as_string())


def _forget_others(connection: Connection, datasets: Datasets) -> None:
    with connection.cursor(row_factory=scalar_row) as cursor:
        known = cursor.execute("SELECT name FROM invoice_export.datasets").fetchall()
    for name in set(known) - datasets.by_name.keys():
        connection.execute(
            "DELETE FROM invoice_export.datasets WHERE name = %s", [name]
        )
        _drop_views(connection, name)


def _apply_dataset(connection: Connection, dataset: Dataset) -> None:
    label = f"dataset {dataset.name!r}"
    types, domains = _columns(connection, label, dataset.query)
    for complaint in misfits(dataset, types):
        raise DatasetError(f"{label}: {complaint}")
    statements, digest = _signed(
        "dataset",
        view=Identifier(dataset.view),
        keys_view=Identifier(dataset.keys_view),
        secured=secured(dataset, types[dataset.organization]),
        secured_keys=secured(
            dataset, types[dataset.organization], _walked(dataset, domains)
        ),
    )
    changed = _digest(connection, dataset.view) != digest
    connection.execute(
        "INSERT INTO invoice_export.datasets (name, fingerprint) VALUES (%s, %s)"
        " ON CONFLICT (name) DO NOTHING",
        [dataset.name, dataset.fingerprint],
    )
    # The row first: whoever reads the view holds it. DO UPDATE would lock an unchanged
    # row too.
    connection.execute(
        "UPDATE invoice_export.datasets"
        " SET fingerprint = %(new)s, applied_at = clock_timestamp()"
        " WHERE name = %(name)s AND (fingerprint <> %(new)s OR %(changed)s)",
        {"name": dataset.name, "new": dataset.fingerprint, "changed": changed},
    )
    if changed:
        _drop_views(connection, dataset.name)
        _run(connection, label, statements)


def secured(
    dataset: Dataset, organization_type: str, columns: Composable = ALL_COLUMNS
) -> Composed:
    """Return the query of a view: the dataset's rows of ``app.org_id``, in order."""
    return _script("secured").format(
        columns=columns,
        query=_verbatim(dataset.query),
        organization=Identifier(dataset.organization),
        current=_as(organization_type, CURRENT),
        key=SQL(", ").join(_of_query(key.name) for key in dataset.key),
    )


def _of_query(column: str) -> Composable:
    return SQL("q.{}").format(Identifier(column))


def _walked(dataset: Dataset, domains: Collection[str]) -> Composable:
    """Return the columns of the view of keys.

    A domain is cast to its base type, and a varchar to text: the functions of the
    release before declare them so. No other cast: from timestamp(3) to timestamp,
    PostgreSQL would compute a row for every key.
    """
    cast = {
        key.name: SQL("{}::{} AS {}").format(
            _of_query(key.name), SQL(key.type.value), Identifier(key.name)
        )
        for key in dataset.key
        if key.type is KeyType.TEXT or key.name in domains
    }
    return SQL(", ").join(
        cast.get(name, _of_query(name)) for name in dataset.walked_columns
    )


def _apply_directory(connection: Connection, directory: Directory) -> None:
    types: dict[str, Mapping[str, str]] = {}
    for name, needed in DIRECTORY_COLUMNS.items():
        label = f"directory/{name}.sql"
        types[name] = _columns(connection, label, getattr(directory, name)).types
        for column in needed:
            if column not in types[name]:
                raise DatasetError(f"{label}: it has no column {column!r}: select it")
    organization = types["organizations"]["id"]
    user = types["users"]["id"]
    of_members = types["members"]
    statements, digest = _signed(
        "directory",
        organizations=_verbatim(directory.organizations),
        users=_verbatim(directory.users),
        members=_verbatim(directory.members),
        **DIRECTORY_PARTS,
        current=CURRENT,
        current_as_id=_as(organization, CURRENT),
        current_as_members=_as(of_members["organization_id"], CURRENT),
        of_user_as_id=_as(user, OF_USER),
        of_user_as_members=_as(of_members["user_id"], OF_USER),
        members_user=_column_as(user, "m.user_id", of_members["user_id"]),
        members_organization=_column_as(
            organization, "m.organization_id", of_members["organization_id"]
        ),
    )
    if _digest(connection, "organizations") != digest:
        connection.execute(_script("drop_directory").as_string())
        _run(connection, "the directory", statements)


def _columns(connection: Connection, label: str, query: str) -> Columns:
    """Return the query's columns. Raises :class:`DatasetError` if it cannot be read."""
    # The subtransaction takes the candidate, and the role, away again.
    with connection.transaction(force_rollback=True):
        candidate = _script("candidate").format(query=_verbatim(query))
        _run(connection, label, candidate)
        with connection.cursor(row_factory=scalar_row) as cursor:
            found = cursor.execute(_script("unreadable").as_string()).fetchall()
        if found:
            grants = f"GRANT SELECT ON {', '.join(found)} TO invoice_export_system"
            raise DatasetError(f"{label}: let an administrator run `{grants}`")
        with connection.cursor(row_factory=tuple_row) as cursor:
            found = cursor.execute(_script("columns").as_string()).fetchall()
    return Columns(
        types={name: type_name for name, type_name, _ in found},
        domains=frozenset(name for name, _, is_domain in found if is_domain),
    )


def _run(connection: Connection, label: str, statements: Composed) -> None:
    try:
        connection.execute(statements)
    except psycopg.errors.InsufficientPrivilege as exc:
        raise DatasetError(
            f"{label}: {exc.diag.message_primary} for the role invoice_export_system: "
            "let an administrator run what `make database-setup` prints"
        ) from exc
    except psycopg.ProgrammingError as exc:
        raise DatasetError(f"{label}: {exc.diag.message_primary}") from exc


def _signed(name: str, **parts: Composable) -> tuple[Composed, str]:
    """Return a script that leaves its own digest as a comment, and the digest."""
    template = _script(name)
    unsigned = template.format(**parts, digest=Literal("")).as_string()
    digest = sha256(unsigned.encode()).hexdigest()
    return template.format(**parts, digest=Literal(digest)), digest


def _digest(connection: Connection, view: str) -> str | None:
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            "SELECT obj_description(to_regclass(%s), 'pg_class')",
            [f"invoice_export.{view}"],
        ).fetchone()


def _drop_views(connection: Connection, name: str) -> None:
    for view in (view_of(name), keys_view_of(name)):
        drop = SQL("DROP VIEW IF EXISTS invoice_export.{}").format(Identifier(view))
        connection.execute(drop)


def _as(type_name: str, text: Composable) -> Composable:
    """Return a text as a value of this type; NULL if it is none."""
    if type_name in TEXTS:
        return text
    return SQL(
        "CASE WHEN pg_input_is_valid({text}, {name}) THEN ({text})::{type} END"
    ).format(text=text, name=Literal(type_name), type=_verbatim(type_name))


def _column_as(type_name: str, column: LiteralString, its_type: str) -> Composable:
    if its_type == type_name:
        return SQL(column)
    return _as(type_name, SQL("{}::text").format(SQL(column)))


def _script(name: str) -> SQL:
    return _verbatim((SCRIPTS / f"{name}.sql").read_text("utf-8"))


def _verbatim(text: str) -> SQL:
    """Return SQL from a file of this package, or PostgreSQL's name of a type."""
    return SQL(text)
