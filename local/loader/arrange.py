"""Makes invoices from the rows of a file, as the caller says what a row is."""

from psycopg.sql import Identifier

from local.loader.problems import SHOWN
from local.loader.rules import Lines
from local.loader.staging import Row, Staging, count_of
from local.loader.statements import key_of, number, same_key


def arrange(
    staging: Staging, lines: Lines, key: tuple[str, ...], organizations: int
) -> list[str]:
    """Return what was done with numbers that occur more than once.

    Raises CsvError if two rows have one key and nobody said what that means.
    """
    repeated = staging.first("repeated", table=Identifier("lines"), key=number())
    other_times = 0
    match lines:
        case Lines.INVOICE:
            staging.execute("take_lines")
        case Lines.ITEM:
            staging.execute("number_items", number=number())
        case _:
            other_times = _combine(staging, lines, key)
    if organizations > 1:
        staging.execute("index_incoming")
    staging.execute("analyze_incoming")
    # Numbered items have different numbers, and combined rows have different keys.
    if (lines is Lines.INVOICE and repeated) or "id" in key:
        _refuse_repeated_keys(staging, key)
    told = [_told(repeated, lines)] if repeated else []
    if other_times:
        told.append(
            f"rows with a different time of the same day: {other_times}; the time of"
            " the invoice's first row is used"
        )
    return told


def _combine(staging: Staging, lines: Lines, key: tuple[str, ...]) -> int:
    """Return how many rows have a different time of day from their invoice."""
    same, adds_up = same_key(key, "l", "s"), lines is Lines.SUM
    staging.execute("combine_lines", key=key_of(key), sum=adds_up)
    if rows := staging.all("contradictions", same=same, sum=adds_up, limit=SHOWN):
        raise staging.refusal(
            "the rows of an invoice must agree about it:",
            *(
                f"line {row['line']} against line {row['first_line']}: {row['said']}"
                for row in rows
            ),
            hidden=count_of(rows) - len(rows),
            advice="If these are different invoices: --key number,created_at. If a"
            " column describes the item: leave it out (--map status=) or name another"
            " (--map customer_name=<column>). If each row has its own amount:"
            " --lines sum.",
        )
    if rows := staging.all("incomplete", limit=SHOWN):
        raise staging.refusal(
            *(
                f"line {row['line']}: no row of this invoice has a {row['lacks']}"
                for row in rows
            ),
            hidden=count_of(rows) - len(rows),
        )
    counted_times = staging.first("count_other_times", same=same)
    return int(counted_times["rows"]) if counted_times else 0


def _refuse_repeated_keys(staging: Staging, key: tuple[str, ...]) -> None:
    row = staging.first("repeated", table=Identifier("incoming"), key=key_of(key))
    if row is not None:
        raise staging.refusal(
            f"{row['rows']} rows share their {' and '.join(key)} with another row;"
            f" {row['number']!r} is in lines {row['first_line']} to {row['last_line']},"
            " for example. Say what such rows are:",
            "--lines first: copies of the invoice, each with its total",
            "--lines sum: parts of the invoice, whose amounts add up to its total",
            "--lines item: separate invoices, numbered <number>-1, <number>-2, and so"
            " on",
            "--key number,created_at: different invoices, because numbers start again"
            " every year",
        )


def _told(repeated: Row, lines: Lines) -> str:
    done = {
        Lines.INVOICE: "each row is a separate invoice",
        Lines.ITEM: "each row is a separate invoice, numbered <number>-1,"
        " <number>-2, and so on",
        Lines.FIRST: "the rows repeat one invoice, so its total counts once",
        Lines.SUM: "the totals of the rows are added up",
    }[lines]
    return (
        f"numbers that occur more than once: {repeated['keys']}, in"
        f" {repeated['rows']} rows; {done}"
    )
