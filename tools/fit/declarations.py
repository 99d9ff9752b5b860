"""Whether a query's columns are what its dataset declares, and guarded where needed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from invoice_export.domain.dataset import Dataset, Key, KeyType, Kind
from invoice_export.domain.query_columns import KIND_TYPES, misfits
from tools.fit.columns import Output
from tools.fit.findings import Finding, complaints_or, error, ok, warning

CHANGING_NAMES = ("updated", "modified", "changed")
# A guard would put an apostrophe before a negative number.
UNGUARDED = frozenset(name for names in KIND_TYPES.values() for name in names)


def check_declarations(dataset: Dataset, outputs: Sequence[Output]) -> list[Finding]:
    """Compare names and types; a query that misses any cannot be checked further."""
    types = {output.name: output.type for output in outputs}
    found = [*repeated(output.name for output in outputs)]
    for complaint in misfits(dataset, types):
        what, _, advice = complaint.rpartition(": ")
        found.append(error("columns", what, advice))
    found += _guards(dataset, outputs)
    many = len(dataset.columns)
    return complaints_or(
        found, ok("columns", f"all {many} are there, of fitting types")
    )


def repeated(names: Iterable[str]) -> Iterator[Finding]:
    for name, times in Counter(names).items():
        if times > 1:
            yield error(
                "column-names",
                f"the query has {times} columns with the name {name!r}",
                "select it once, or name the others with AS",
            )


def _guards(dataset: Dataset, outputs: Sequence[Output]) -> Iterator[Finding]:
    by_name = {output.name: output for output in outputs}
    for column in dataset.columns:
        output = by_name.get(column.name)
        if output is None:
            continue
        if column.kind is Kind.PLAIN and output.is_text:
            yield error(
                "guard",
                f"column {column.header!r} is a text without a guard: a spreadsheet "
                "would run a formula in it",
                "declare Kind.TEXT; or Kind.CHOICE, if the words are known",
            )
        if column.kind is Kind.TEXT and output.type in UNGUARDED:
            yield error(
                "kinds",
                f"column {column.header!r}: Kind.TEXT does not fit {output.type}",
                f"declare Kind.{_kind_of(output.type).name}",
            )


def _kind_of(type_name: str) -> Kind:
    return next(kind for kind, types in KIND_TYPES.items() if type_name in types)


def check_key_names(
    keys: Iterable[Key], outputs: Sequence[Output]
) -> Iterator[Finding]:
    """Warn of a key that looks as if it changed: nothing can prove that it does not."""
    by_name = {output.name: output for output in outputs}
    for key in keys:
        base = by_name[key.name].base
        names = {key.name, base.name if base else key.name}
        if any(name.strip('"').startswith(CHANGING_NAMES) for name in names):
            yield warning(
                "key-changes",
                f"the key {key.name!r} has the name of a time that changes",
                "order by a column that never changes, such as the time of creation: "
                "a row that moves is exported twice or not at all",
            )


def check_collation(key: Key, name: str, is_deterministic: bool) -> Iterator[Finding]:
    if not is_deterministic:
        yield error(
            "key-collation",
            f"the key {key.name!r} has the collation {name}, in which different texts "
            "are equal",
            f'select {key.name} COLLATE "C", with an index on that, or use another key',
        )


def text_keys(dataset: Dataset) -> list[Key]:
    """Return the key columns whose order depends on a collation."""
    return [key for key in dataset.key if key.type is KeyType.TEXT]
