"""Checks the server, the directory and every dataset."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from invoice_export.adapters.views import secured
from invoice_export.domain.dataset import Dataset, Datasets
from tools.fit.catalogue import Catalogue
from tools.fit.columns import Output
from tools.fit.declarations import (
    check_collation,
    check_declarations,
    check_key_names,
    text_keys,
)
from tools.fit.directory import check_directory
from tools.fit.findings import Finding, Section, Severity, error, info, ok, warning
from tools.fit.session import NotAnsweredError, Session, compose, reading, verbatim
from tools.fit.statements import Reading, check_statements
from tools.fit.survey import survey
from tools.fit.trouble import SYSTEM, trouble
from tools.fit.wall import (
    APP,
    check_app,
    check_constant,
    check_tables,
    check_wall,
    first_rows,
    organizations,
)

NEEDED = 160_000


def check(connect: Callable[[], Connection], datasets: Datasets) -> list[Section]:
    """Return what fits and what does not. Raises psycopg.Error if the server goes."""
    with reading(connect) as session:
        (server,) = session.ask("server")
        title = f"Database {server['database']}"
        if server["number"] < NEEDED:
            old = error(
                "server",
                f"PostgreSQL {server['version']} is too old",
                "upgrade it to PostgreSQL 16 or later",
            )
            return [Section(title, (old,))]
        return Checks(session, datasets, server["role"], server["deployed"]).run(
            title, ok("server", f"PostgreSQL {server['version']}")
        )


class Checks:
    """Every check of one database, read as the views will read it where possible."""

    def __init__(
        self, session: Session, datasets: Datasets, role: str, deployed: bool
    ) -> None:
        self._session = session
        self._catalogue = Catalogue(session)
        self._datasets = datasets
        self._deployed = deployed
        self._as_app = deployed and session.value("may_become", role=APP)
        self._as_system = deployed and session.value("may_become", role=SYSTEM)
        self._role = SYSTEM if self._as_system else role

    def run(self, title: str, server: Finding) -> list[Section]:
        if self._as_system:
            self._session.become(SYSTEM)
        found = (server, ok("role", f"reads as {self._role}"))
        directory = check_directory(
            self._session, self._catalogue, self._datasets.directory
        )
        return [
            Section(title, found),
            Section("Directory", tuple(directory)),
            *(
                Section(f"Dataset {dataset.name}", tuple(self._dataset(dataset)))
                for dataset in self._datasets.all
            ),
        ]

    def _dataset(self, dataset: Dataset) -> Iterator[Finding]:
        try:
            outputs = self._catalogue.outputs(dataset.query)
        except NotAnsweredError as exc:
            if not self._deployed and "invoice_export." in str(exc):
                yield info("query", "reads a table that the first deployment makes")
            else:
                yield trouble(f"{dataset.name}.sql", exc)
            return
        declared = check_declarations(dataset, outputs)
        yield from declared
        if any(found.code.startswith("column") for found in _errors(declared)):
            return
        try:
            yield from self._rows(dataset, outputs)
        except NotAnsweredError as exc:
            yield trouble(f"{dataset.name}.sql", exc)

    def _rows(self, dataset: Dataset, outputs: list[Output]) -> Iterator[Finding]:
        query = verbatim(dataset.query)
        names = [dataset.organization, *(key.name for key in dataset.key)]
        columns = SQL(", ").join(SQL("s.{}").format(Identifier(name)) for name in names)
        keys = self._session.plan(
            compose("keys", columns=columns, query=query).as_string()
        )
        whole = self._session.plan(compose("everything", query=query).as_string())
        yield from self._collations(dataset)
        yield from check_key_names(dataset.key, outputs)
        yield from self._triggers(dataset, outputs)
        tables = self._catalogue.tables(whole, outputs)
        yield from check_tables(self._catalogue, tables, self._role, self._as_system)
        constant = list(check_constant(dataset, keys))
        yield from constant
        surveyed = survey(self._session, dataset, outputs, keys)
        yield from surveyed.findings
        if not surveyed.is_empty and not constant:
            by_name = {output.name: output for output in outputs}
            organization = by_name[dataset.organization]
            yield from self._reading(
                Reading(
                    self._datasets,
                    dataset,
                    by_name,
                    secured(dataset, organization.type),
                )
            )

    def _reading(self, read: Reading) -> Iterator[Finding]:
        names = organizations(self._session, read.dataset, self._datasets.directory)
        if not names:
            return
        yield from self._known(names)
        rows: dict[str, Sequence[Any]] = {}
        for name in names:
            try:
                rows[name] = first_rows(self._session, read, name)
            except NotAnsweredError as exc:
                yield trouble(f"reading the first rows of {name}", exc)
        self._session.ask("act_for", organization=names[0])
        keys = [key for _, key, _ in rows.get(names[0], ())]
        middle = keys[len(keys) // 2] if keys else None
        yield from check_statements(self._session, self._catalogue, read, middle)
        yield from check_wall(rows)
        if self._deployed:
            yield from check_app(self._session, read.dataset, names[0], self._as_app)

    def _known(self, names: list[str]) -> Iterator[Finding]:
        ((known,),) = self._session.rows(
            "organizations_known",
            query=verbatim(self._datasets.directory.organizations),
            organizations=SQL(", ").join(map(Literal, names)),
        )
        if not known:
            yield warning(
                "organization",
                f"the directory does not know {' and '.join(names)}, who own rows",
                "let the dataset's organisation be an id of organizations.sql",
            )

    def _collations(self, dataset: Dataset) -> Iterator[Finding]:
        for key in text_keys(dataset):
            name, is_deterministic = self._catalogue.collation(dataset.query, key.name)
            yield from check_collation(key, name, is_deterministic)

    def _triggers(self, dataset: Dataset, outputs: list[Output]) -> Iterator[Finding]:
        bases = {output.name: output.base for output in outputs}
        for key in dataset.key:
            base = bases[key.name]
            triggers = self._catalogue.changing_triggers(base) if base else []
            if triggers:
                yield warning(
                    "key-changes",
                    f"the trigger {triggers[0]} sets the key {key.name!r} on update",
                    "order by a column that never changes: a row that moves is "
                    "exported twice or not at all",
                )


def _errors(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.severity is Severity.ERROR]
