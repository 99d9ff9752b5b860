"""The options of ``python -m local load``, and the rules that they declare."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from local.errors import LaptopError
from local.loader.columns import FIELDS, called
from local.loader.rules import DELIMITERS, EVERY, Existing, Lines, Rules, split

WHOSE, WHAT = "Whose invoices", "What a row is, and what is there already"
HOW = "How the file is written"

File = Annotated[
    Path | None,
    typer.Argument(help="A .csv, also packed (.csv.gz)", show_default=False),
]
Org = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ID | VALUE=ID",
        rich_help_panel=WHOSE,
        help="The organisation's id; with --org-column, the id for one of its values",
    ),
]
OrgColumn = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        rich_help_panel=WHOSE,
        help="A column that names the organisation: each name gets an id of its own",
    ),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FIELD=COLUMN",
        rich_help_panel=HOW,
        help="Which column is meant: total=Amount, or total=#4 for the fourth;"
        " status= for none",
    ),
]
LinesOption = Annotated[
    Lines | None,
    typer.Option(
        rich_help_panel=WHAT,
        help="What a row is: an [b]invoice[/b]; an [b]item[/b], numbered"
        " <number>-1, <number>-2; a line that repeats its invoice, taken once"
        " ([b]first[/b]); a part of its invoice, added up ([b]sum[/b])."
        " Without a total: item; else invoice",
        show_default=False,
    ),
]
Key = Annotated[
    str,
    typer.Option(
        metavar="COLUMNS",
        rich_help_panel=WHAT,
        help="What identifies an invoice: number; number,created_at; id",
    ),
]
Update = Annotated[
    bool,
    typer.Option(
        "--update",
        rich_help_panel=WHAT,
        help="Give invoices that are there the content of the file",
    ),
]
Keep = Annotated[
    bool,
    typer.Option(
        "--keep",
        rich_help_panel=WHAT,
        help="Leave invoices that are there as they are; without one of the two, other"
        " content is refused",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        rich_help_panel=WHAT,
        help="Check everything and show what would change; write nothing",
    ),
]
Status = Annotated[
    list[str] | None,
    typer.Option(
        metavar="STATUS | WORD=STATUS",
        rich_help_panel=WHAT,
        help="The status where the file has none (paid); or what a word of the file"
        " means: Open=sent",
    ),
]
Currency = Annotated[
    str,
    typer.Option(metavar="CODE", rich_help_panel=WHAT, help="Where the file has none"),
]
Decimal = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MARK | FIELD=MARK",
        rich_help_panel=HOW,
        help="The decimal mark, where the values leave it open: point or comma",
    ),
]
Dates = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ORDER | FIELD=ORDER",
        rich_help_panel=HOW,
        help="The order of dates, where the values leave it open: ymd, dmy or mdy; or"
        " a pattern of strptime: %d-%b-%Y",
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        rich_help_panel=HOW,
        help=f"What separates the values: {', '.join(DELIMITERS)}, or one character"
        " (comma)",
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        rich_help_panel=HOW,
        help="As Python names it: windows-1252, utf-16-le. Without it: the file's"
        " byte-order mark, or UTF-8",
    ),
]
HeaderLine = Annotated[
    int | None,
    typer.Option(
        metavar="LINE",
        min=1,
        rich_help_panel=HOW,
        help="The line of the header, if titles are above it",
    ),
]
KeepGuard = Annotated[
    bool,
    typer.Option(
        "--keep-guard",
        rich_help_panel=HOW,
        help="Keep the apostrophes that an export puts before formulas",
    ),
]

RULES = """\
  make load FILE=invoices.csv ORG=org_acme           into one organisation
  make load FILE=invoices.csv ORG_COLUMN=Customer    one organisation for each value
  CURRENCY=EUR STATUS=sent                           where the file has no column
  ARGS='--dry-run --map "total=Invoice Total"'       any other option

The file is a CSV with a header; it may be packed with gzip. All of it is loaded, or
nothing. The report says what was read from which column, and what was not read. A
refusal names the line and what to say:

  --dry-run                    check everything, show what would change, write nothing
  --map total=Amount           which column is meant, if none or several could be
  --status Open=sent           what a status of the file means
  --lines first | sum | item   several rows of one number: the same invoice repeated,
                               its parts, or invoices of their own
  --key number,created_at      numbers start again every year
  --update | --keep            whose content counts if an invoice is there already
  --decimal comma              1.234,56
  --dates dmy                  31.12.2025
  --delimiter semicolon        also: --encoding windows-1252, --header-line 4

All options: .venv/bin/python -m local load --help
The rules, with examples: docs/load.md"""

EPILOG = "\n\n".join(
    f"[b]{field}[/b] may be called {called(field)}." for field in FIELDS
)


def declared(
    *,
    org: Sequence[str] | None,
    org_column: str | None,
    column: Sequence[str] | None,
    lines: Lines | None,
    key: str,
    update: bool,
    keep: bool,
    dry_run: bool,
    status: Sequence[str] | None,
    currency: str,
    decimal: Sequence[str] | None,
    dates: Sequence[str] | None,
    delimiter: str | None,
    encoding: str | None,
    header_line: int | None,
    keep_guard: bool,
) -> Rules:
    """Return the rules. Raises LaptopError if the options conflict."""
    organization, organization_ids = split("--org", org or (), at_last=True)
    default_status, statuses = split("--status", status or (), at_last=True)
    alone, columns = split("--map", column or ())
    if alone is not None:
        raise LaptopError(f"--map {alone}: say which field it is, --map total={alone}.")
    if update and keep:
        raise LaptopError("--update or --keep, not both.")
    existing = Existing.UPDATE if update else Existing.KEEP if keep else Existing.REFUSE
    return Rules(
        organization=organization,
        organization_column=org_column,
        organization_ids=organization_ids,
        columns=columns,
        lines=lines,
        key=tuple(part.strip() for part in key.split(",")),
        existing=existing,
        dry_run=dry_run,
        status=default_status or "paid",
        statuses=statuses,
        currency=currency,
        decimal=_forms("--decimal", decimal),
        dates=_forms("--dates", dates),
        delimiter=DELIMITERS.get(delimiter, delimiter) if delimiter else None,
        encoding=encoding,
        header_line=header_line,
        keep_guard=keep_guard,
    )


def _forms(option: str, values: Sequence[str] | None) -> dict[str, str]:
    alone, pairs = split(option, values or ())
    return pairs | ({EVERY: alone} if alone else {})
