"""How a file was read: what was found, guessed, filled in and skipped."""

from collections.abc import Iterator, Mapping

from local.loader import amounts, times
from local.loader.columns import FIELDS, PARTS_OF_TOTAL
from local.loader.invoices import Invoices
from local.loader.problems import counted
from local.loader.rules import Rules
from local.loader.staging import Row
from local.loader.table import Table

FORMS = {
    amounts.POINT: "decimal point",
    amounts.COMMA: "decimal comma",
    times.YMD: "year first",
    times.DMY: "day, month, year",
    times.MDY: "month, day, year",
}
OPTIONAL = ("status", "currency", "due_at")


def facts(
    invoices: Invoices,
    forms: Mapping[str, str],
    rules: Rules,
    totals: list[Row],
) -> list[str]:
    """Return the lines with which the report begins."""
    source = invoices.table.source
    header = f"separated by {invoices.table.delimiter!r}, header in line"
    return [
        f"{source.path}: {source.encoding}, {header} {invoices.table.header_line}",
        *_columns(invoices.table, forms, rules, totals),
        *_cells(invoices),
        *map(_total, totals),
    ]


def _total(row: Row) -> str:
    return (
        f"{counted(row['rows'], 'invoice')} of {row['total']:,f} {row['currency']},"
        f" from {row['first']} to {row['last']}"
    )


def _columns(
    table: Table, forms: Mapping[str, str], rules: Rules, totals: list[Row]
) -> Iterator[str]:
    columns = table.columns
    defaults = {"status": rules.status, "currency": rules.currency}
    for field in FIELDS:
        if field in columns.places:
            told = columns.name(field)
            if form := forms.get(field):
                told += f" ({FORMS.get(form, form)})"
            empty = sum(row[f"no_{field}"] for row in totals if field in defaults)
            if empty:
                told += f", empty in {counted(empty, 'row')}: {defaults[field]}"
        elif field in OPTIONAL:
            told = f"no column: {defaults.get(field, 'none')}"
        elif field == "total":
            told = " x ".join(columns.name(part) for part in PARTS_OF_TOTAL)
        else:
            continue
        yield f"  {field:<14}{told}"
    if columns.organization is not None:
        yield f"  {'organisation':<14}{columns.header[columns.organization]}"
    if columns.ignored:
        yield f"  {'not read':<14}{', '.join(columns.ignored)}"


def _cells(invoices: Invoices) -> Iterator[str]:
    if (blank := invoices.table.blank).count:
        yield f"blank rows skipped: {blank}"
    if (unguarded := invoices.unguarded).count:
        yield f"texts without the guard's apostrophe (--keep-guard): {unguarded}"
    if (cut := invoices.cut_times).count:
        yield f"times cut to microseconds: {cut}"
