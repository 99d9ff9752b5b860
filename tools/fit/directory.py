"""Whether the directory's queries say who belongs where."""

from collections.abc import Iterator
from typing import Any

from psycopg.sql import SQL, Composable, Literal

from invoice_export.adapters.views import DIRECTORY_COLUMNS
from invoice_export.domain.dataset import Directory
from invoice_export.domain.roles import Role
from tools.fit.catalogue import Catalogue
from tools.fit.declarations import repeated
from tools.fit.findings import Finding, complaints_or, error, info, ok, warning
from tools.fit.session import NotAnsweredError, Session, verbatim
from tools.fit.survey import sampled
from tools.fit.trouble import trouble


def check_directory(
    session: Session, catalogue: Catalogue, directory: Directory
) -> list[Finding]:
    """Check the three queries; the rows only if their columns are there."""
    found = [
        complaint
        for name in DIRECTORY_COLUMNS
        for complaint in _columns(catalogue, name, getattr(directory, name))
    ]
    if found:
        return found
    rows = [
        *_ids(session, "organizations", directory.organizations),
        *_ids(session, "users", directory.users),
        *_emails(session, directory),
        *_members(session, directory),
    ]
    columns = ok("columns", "organizations, users and members have their columns")
    return [columns, *rows]


def _columns(catalogue: Catalogue, name: str, query: str) -> Iterator[Finding]:
    try:
        outputs = catalogue.outputs(query)
    except NotAnsweredError as exc:
        yield trouble(f"directory/{name}.sql", exc)
        return
    names = [output.name for output in outputs]
    yield from repeated(names)
    for column in DIRECTORY_COLUMNS[name]:
        if column not in names:
            yield error(
                "columns", f"{name}.sql has no column {column!r}", "select it, with AS"
            )


def _asked(session: Session, name: str, **parts: Composable) -> Any:
    """Return the only row, or a complaint that the question was not answered."""
    try:
        (row,) = session.rows(name, **parts)
    except NotAnsweredError as exc:
        return trouble("a check of the directory", exc)
    return row


def _ids(session: Session, name: str, query: str) -> list[Finding]:
    row = _asked(session, "ids", sampled=sampled(query))
    if isinstance(row, Finding):
        return [row]
    total, nulls, repeats = row
    found = []
    if nulls:
        found.append(
            error("ids", f"{nulls:,} {name} have no id", "leave out rows without an id")
        )
    if repeats:
        found.append(
            error(
                "ids",
                f"{repeats:,} ids of {name} stand on several rows",
                "return each of them once: look at the joins",
            )
        )
    if not total:
        found.append(
            warning(
                "ids",
                f"there are no {name}",
                "fill the table, or read as a role that sees its rows",
            )
        )
    return complaints_or(
        found, ok("ids", f"{total:,} {name}, each with an id of its own")
    )


def _emails(session: Session, directory: Directory) -> Iterator[Finding]:
    row = _asked(session, "without_email", sampled=sampled(directory.users))
    if isinstance(row, Finding):
        yield row
    elif row[1]:
        yield warning(
            "emails",
            f"{row[1]:,} of {row[0]:,} users have no address: nobody tells them that "
            "their export is ready",
            "select their addresses as email",
        )
    else:
        yield ok("emails", "every user has an address")


def _members(session: Session, directory: Directory) -> Iterator[Finding]:
    roles = SQL(", ").join(Literal(role.value) for role in Role)
    row = _asked(
        session,
        "members",
        sampled=sampled(directory.members),
        roles=roles,
        organizations=verbatim(directory.organizations),
        users=verbatim(directory.users),
    )
    if isinstance(row, Finding):
        yield row
        return
    total, without_role, unknown, example, without_organization, without_user = row
    known = "/".join(role.value for role in reversed(Role))
    if unknown:
        yield error(
            "roles",
            f"{unknown:,} of {total:,} members have another role, such as {example!r}:"
            " they may do nothing",
            f"make it one of {known} with CASE, or leave such members out",
        )
    elif without_role == total:
        yield error(
            "roles",
            f"none of {total:,} members has a role: nobody may do anything",
            f"derive one of {known} from what the application knows",
        )
    else:
        yield ok("roles", f"{total - without_role:,} members are {known}")
    if 0 < without_role < total:
        yield info("roles", f"{without_role:,} rows without a role are no members")
    for missing, what in (
        (without_organization, "organization"),
        (without_user, "user"),
    ):
        if missing:
            yield warning(
                "members",
                f"{missing:,} of {total:,} members name no {what} of the directory",
                f"leave them out, or correct {what}_id",
            )
