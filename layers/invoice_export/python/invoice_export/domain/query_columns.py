"""Whether the columns of a query are what the dataset declares."""

from collections.abc import Iterator, Mapping

from invoice_export.domain.dataset import Dataset, KeyType, Kind

# The types as PostgreSQL names them.
TIMESTAMPTZ = "timestamp with time zone"
TIMESTAMP = "timestamp without time zone"
TEXTS = ("text", "character varying")
INTEGERS = ("smallint", "integer", "bigint")
NUMBERS = (*INTEGERS, "numeric", "real", "double precision")

KEY_TYPES: dict[KeyType, tuple[str, ...]] = {
    KeyType.TIMESTAMPTZ: (TIMESTAMPTZ,),
    KeyType.TIMESTAMP: (TIMESTAMP,),
    KeyType.DATE: ("date",),
    KeyType.BIGINT: ("bigint",),
    KeyType.INTEGER: ("integer",),
    KeyType.UUID: ("uuid",),
    KeyType.TEXT: TEXTS,
}
# TEXT, CHOICE and PLAIN take any type: their values are written as texts.
KIND_TYPES: dict[Kind, tuple[str, ...]] = {
    Kind.NUMBER: NUMBERS,
    Kind.BOOLEAN: ("boolean",),
    Kind.DATE: ("date",),
    Kind.TIME: (TIMESTAMPTZ,),
    Kind.LOCAL_TIME: (TIMESTAMP,),
}


def misfits(dataset: Dataset, types: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each declaration that the query's columns do not meet.

    ``types`` are the query's columns with the names of their types.
    """
    if dataset.organization not in types:
        yield (
            f"the query has no column {dataset.organization!r}, which tells whose a "
            "row is: select it, or name another one as the organization"
        )
    keys = [("key", key) for key in dataset.key]
    if dataset.cut_off:
        keys.append(("cut-off", dataset.cut_off))
    for role, key in keys:
        found = types.get(key.name)
        if found is None:
            yield f"the query has no column {key.name!r} for the {role}: select it"
        elif found not in KEY_TYPES[key.type]:
            yield (
                f"the {role} {key.name!r} is declared {key.type.value}, and the column "
                f"of the query is {found}: declare that type, or cast the column"
            )
    for column in dataset.columns:
        label = f"column {column.header!r}"
        yield from _about_kind(label, column.name, column.kind, types)
    for each in dataset.filters_by_header.values():
        kind = each.kind or Kind.PLAIN
        label = f"filter {each.header!r}"
        yield from _about_kind(label, each.column, kind, types)
        found = types.get(each.column)
        if each.whole and found in NUMBERS and found not in INTEGERS:
            yield (
                f"{label} is declared whole, and the column of the query is {found}: "
                "leave out whole, or cast the column to bigint"
            )


def _about_kind(
    label: str, name: str, kind: Kind, types: Mapping[str, str]
) -> Iterator[str]:
    found = types.get(name)
    if found is None:
        yield f"{label}: the query has no column {name!r}: select it"
    elif kind in KIND_TYPES and found not in KIND_TYPES[kind]:
        yield f"{label}: Kind.{kind.name} does not fit {found}: {_advice(found)}"


def _advice(found: str) -> str:
    if found == TIMESTAMP:
        return "declare Kind.LOCAL_TIME, and the dataset's zone"
    if found == TIMESTAMPTZ:
        return "declare Kind.TIME"
    return "declare another kind, or cast the column in the query"
