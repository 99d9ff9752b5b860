"""Reads a text as the loader does, up to the point where it would need a database."""

import tempfile
from pathlib import Path
from typing import Any

from local.loader.invoices import Invoice, Invoices
from local.loader.organizations import Organizations
from local.loader.rules import Rules
from local.loader.source import opened
from local.loader.survey import survey
from local.loader.table import open_table

HEADER = "number,customer,total,date,status\n"


def rules_of(**declared: Any) -> Rules:
    if "organization_column" not in declared:
        declared.setdefault("organization", "org_new")
    return Rules(**declared)


def read(
    content: str | bytes, name: str = "invoices.csv", **declared: Any
) -> tuple[Invoices, list[Invoice]]:
    """The reader, with what it counted, and the rows."""
    rules = rules_of(**declared)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with opened(path, rules.encoding) as source:
            table = open_table(source, rules)
            forms = survey(table, rules)
            reader = Invoices(table, forms, rules, Organizations(rules))
            return reader, list(reader.rows())


def rows(content: str | bytes, **declared: Any) -> list[Invoice]:
    return read(content, **declared)[1]


def totals(*cells: str, **declared: Any) -> list[str | None]:
    """What a column of amounts is read as."""
    lines = "".join(f'{n},a,"{cell}",2024-01-01,\n' for n, cell in enumerate(cells))
    return [row.total for row in rows(HEADER + lines, **declared)]


def times(*cells: str, **declared: Any) -> list[str | None]:
    """What a column of times is read as."""
    lines = "".join(f'{n},a,1,"{cell}",\n' for n, cell in enumerate(cells))
    return [row.created_at for row in rows(HEADER + lines, **declared)]
