"""Whether two organisations of the data stay apart."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from psycopg.sql import SQL, Identifier, Literal

from invoice_export.domain.dataset import Dataset, Directory
from tools.fit.catalogue import Catalogue, Facts
from tools.fit.findings import Finding, complaints_or, error, info, ok, warning
from tools.fit.plans import Plan
from tools.fit.session import NotAnsweredError, Session, verbatim
from tools.fit.statements import Reading
from tools.fit.survey import sampled

APP = "invoice_export_app"
LITERAL = re.compile(r"'(?:[^']|'')*'")
REFERENCE = re.compile(r'[\w"]\.[A-Za-z_"]')


def organizations(
    session: Session, dataset: Dataset, directory: Directory
) -> list[str]:
    """Return up to two organisations that have rows, the larger one first.

    Of the directory, if the rows take too long to read.
    """
    column = Identifier(dataset.organization)
    try:
        found = session.rows(
            "organizations_of_rows", organization=column, sampled=sampled(dataset.query)
        )
        if len(found) == 1:
            found += session.rows(
                "another_organization",
                organization=column,
                query=verbatim(dataset.query),
                known=Literal(found[0][0]),
            )
    except NotAnsweredError:
        found = session.rows(
            "any_organizations", query=verbatim(directory.organizations)
        )
    return [name for (name,) in found]


def first_rows(session: Session, reading: Reading, organization: str) -> Sequence[Any]:
    """Return organisation, key and digest of an organisation's first rows."""
    dataset = reading.dataset
    names = {column.name for column in dataset.columns}
    names |= {key.name for key in dataset.key}
    session.ask("act_for", organization=organization)
    with session.in_order():
        return session.rows(
            "first_rows",
            organization=Identifier(dataset.organization),
            key=SQL(", ").join(
                SQL("s.{}::text").format(Identifier(key.name)) for key in dataset.key
            ),
            columns=SQL(", ").join(
                SQL("s.{}").format(Identifier(name))
                for name in sorted(names - {dataset.organization})
            ),
            secured=reading.secured,
        )


def check_constant(dataset: Dataset, keys: Plan) -> Iterator[Finding]:
    """Complain of an organisation that no table says; ``keys`` returns it first."""
    # An Append, as over partitions, says nothing.
    if keys.output and not REFERENCE.search(LITERAL.sub("", keys.output[0])):
        yield error(
            "organization",
            f"{dataset.organization!r} is the same for every row of the query",
            "select the column of a table that says whose a row is",
        )


def check_wall(rows_of: dict[str, Sequence[Any]]) -> list[Finding]:
    """Compare what two organisations see; ``rows_of`` are their first rows."""
    return complaints_or(
        _leaks(rows_of),
        ok("wall", f"{' and '.join(rows_of)} see rows of their own only")
        if len(rows_of) > 1
        else info("wall", "fewer than two organisations have rows: nothing to compare"),
    )


def _leaks(rows_of: dict[str, Sequence[Any]]) -> Iterator[Finding]:
    for name, rows in rows_of.items():
        foreign = {found for found, _, _ in rows} - {name}
        if foreign:
            yield error(
                "wall",
                f"{name} sees rows of {min(foreign)}",
                "select an organisation's id whose equal values have equal texts",
            )
    seen = [{(*key, digest) for _, key, digest in rows} for rows in rows_of.values()]
    common = set[Any].intersection(*seen) if len(seen) > 1 else set()
    if common:
        yield error(
            "wall",
            f"{' and '.join(rows_of)} both see {len(common):,} of their first rows",
            "let each row belong to one organisation: look at the joins",
        )


def check_app(
    session: Session, dataset: Dataset, organization: str, may_become: bool
) -> Iterator[Finding]:
    """Read the deployed view as the application's role of ours."""
    if not may_become:
        yield info(
            "app", f"the view was not tried: connect as one who may SET ROLE {APP}"
        )
        return
    with session.as_role(APP):
        session.ask("act_for", organization=organization)
        try:
            ((foreign,),) = session.rows(
                "seen_by_app",
                view=Identifier(dataset.view),
                organization=Identifier(dataset.organization),
            )
        except NotAnsweredError as exc:
            if exc.undefined_table:
                yield info("app", "the view is made by the next deployment")
            else:
                yield warning("app", f"the view was not read: {exc}", "deploy again")
            return
    if foreign:
        yield error(
            "app",
            f"the view {dataset.view} shows {foreign:,} rows of other organisations",
            "deploy again, which makes the view anew",
        )
    else:
        yield ok("app", f"{APP} sees the rows of one organisation only")


def check_tables(
    catalogue: Catalogue, tables: Iterable[Facts], reader: str, system: bool
) -> Iterator[Finding]:
    """Complain of tables that the app may read, or that hide rows from the exports."""
    for facts in tables:
        name = facts.table.name
        if facts.is_ours:
            continue
        if catalogue.app_may_read(facts.table):
            yield error(
                "app-tables",
                f"{APP} may read {name}, past the views",
                f"REVOKE ALL ON {name} FROM {APP}, PUBLIC",
            )
        if facts.hides_rows and system:
            yield error(
                "row-security",
                f"row-level security of {name} may hide rows from the exports",
                f"CREATE POLICY exports ON {name} FOR SELECT TO {reader} USING (true)",
            )
        elif facts.hides_rows:
            yield warning(
                "row-security",
                f"row-level security of {name} may hide rows from {reader}, so that "
                "these checks see less",
                "run this as a role that sees all rows; after set-up, add the policy "
                f"FOR SELECT TO invoice_export_system USING (true) to {name}",
            )
