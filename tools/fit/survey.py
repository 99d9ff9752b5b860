"""What a sample of a dataset's rows shows: keys, organisations and choices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.sql import SQL, Composable, Identifier, Literal

from invoice_export.domain.dataset import Dataset, Kind
from tools.fit.columns import Index, Output, unique_index
from tools.fit.findings import Finding, complaints_or, error, info, ok, warning
from tools.fit.plans import Plan
from tools.fit.session import NotAnsweredError, Session, compose, verbatim

SAMPLE = 50_000


@dataclass(frozen=True)
class Surveyed:
    """The findings, and whether there are no rows at all."""

    findings: list[Finding]
    is_empty: bool


def survey(
    session: Session, dataset: Dataset, outputs: Sequence[Output], plan: Plan
) -> Surveyed:
    """Count what must not be in the rows; ``plan`` is that of all keys."""
    try:
        (counted,) = session.rows(
            "counts", counts=_counts(dataset), sampled=sampled(dataset.query)
        )
    except NotAnsweredError as exc:
        unread = error("rows", f"reading {SAMPLE:,} rows fails: {exc}", _advice(exc))
        if exc.gave_up:
            unread = warning("rows", f"rows were not checked: {exc}", _advice(exc))
        return Surveyed([unread], is_empty=False)
    rows = counted[0]
    if not rows:
        return Surveyed(
            [info("rows", "there are no rows yet: what depends on them is unchecked")],
            is_empty=True,
        )
    found = [
        *complaints_or(
            _nulls(dataset, counted[1:]),
            ok("null", f"no key and no organisation is null in {_read(rows)}"),
        ),
        *_choices(dataset, counted[1 + len(_never_null(dataset)) :]),
        _uniqueness(session, dataset, _proof(dataset, outputs, plan), rows),
    ]
    return Surveyed(found, is_empty=False)


def _advice(exc: NotAnsweredError) -> str:
    if exc.gave_up:
        return "run this check on a copy, or when the database has less to do"
    return "correct the query: an export reads the same rows"


def _counts(dataset: Dataset) -> Composable:
    counts: list[Composable] = [
        compose("nulls", column=Identifier(name)) for name in _never_null(dataset)
    ]
    counts += [
        compose(
            "undeclared",
            column=Identifier(column.name),
            choices=SQL(", ").join(map(Literal, column.choices)),
        )
        for column in dataset.columns
        if column.kind is Kind.CHOICE
    ]
    return SQL(", ").join(counts)


def sampled(query: str) -> Composable:
    """Return the first rows of a query, in no order, as ``s``."""
    return compose("sampled", query=verbatim(query), limit=Literal(SAMPLE))


def _never_null(dataset: Dataset) -> list[str]:
    return [dataset.organization, *(key.name for key in dataset.key)]


def _nulls(dataset: Dataset, counts: Sequence[int]) -> Iterator[Finding]:
    for name, nulls in zip(_never_null(dataset), counts, strict=False):
        if nulls and name == dataset.organization:
            yield error(
                "organization-null",
                f"{nulls:,} of the rows have no {name!r}: they are nobody's",
                f"leave them out in the query: WHERE {name} IS NOT NULL",
            )
        elif nulls:
            yield error(
                "key-null",
                f"the key {name!r} is null in {nulls:,} rows, which no page holds",
                "order by a column that is never null",
            )


def _choices(dataset: Dataset, unknown: Sequence[Any]) -> Iterator[Finding]:
    columns = [each for each in dataset.columns if each.kind is Kind.CHOICE]
    for column, example in zip(columns, unknown, strict=True):
        if example is not None:
            yield error(
                "choices",
                f"column {column.header!r} has values that are not declared, such as "
                f"{example!r}: they are not guarded",
                "add them to choices, or declare Kind.TEXT",
            )


def _proof(dataset: Dataset, outputs: Sequence[Output], plan: Plan) -> Index | None:
    """Return the index that makes keys unique, if no join repeats its rows."""
    if len(plan.scans) != 1:
        return None
    by_name = {output.name: output.base for output in outputs}
    return unique_index(
        by_name[dataset.organization], [by_name[key.name] for key in dataset.key]
    )


def _uniqueness(
    session: Session, dataset: Dataset, proof: Index | None, rows: int
) -> Finding:
    key = ", ".join(name.name for name in dataset.key)
    if proof:
        return ok("key-unique", f"{key}: unique by the index {proof.name}")
    columns = SQL(", ").join(
        SQL("s.{}").format(Identifier(name)) for name in _never_null(dataset)
    )
    try:
        ((twice,),) = session.rows(
            "twice", sampled=sampled(dataset.query), columns=columns
        )
    except NotAnsweredError as exc:
        return warning(
            "key-unique",
            f"{key}: no unique index proves it, and the rows were not checked: {exc}",
            "add the table's primary key to the key",
        )
    if twice:
        return error(
            "key-unique",
            f"{key}: {twice:,} keys stand on several rows of one organisation",
            "add the table's primary key to the key, or correct the join",
        )
    return ok("key-unique", f"{key}: no key stands twice in {_read(rows)}")


def _read(rows: int) -> str:
    return f"{'the first ' if rows == SAMPLE else ''}{rows:,} rows"
