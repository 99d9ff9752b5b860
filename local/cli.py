"""The command line of the laptop stack; the Makefile's targets call it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console

from local import seed as sample
from local import stack
from local.config import Laptop
from local.demo import Demo
from local.errors import LaptopError
from local.executions import forget_runs
from local.invoice_csv import InvoiceCsv
from local.issuer import Issuer
from local.load import load as load_file
from local.localstack import laptop_of_environment
from local.mail_events import MailEvent, post
from local.tenancy import connect_as_owner

app = typer.Typer(
    help="The invoice export on a laptop.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)


@contextmanager
def told_in_one_line() -> Iterator[Laptop]:
    """Gives the stack's place; ends the command with the message of a LaptopError."""
    try:
        yield laptop_of_environment()
    except LaptopError as exc:
        Console(stderr=True, highlight=False).print(
            f"error: {exc}", markup=False, soft_wrap=True
        )
        raise typer.Exit(1) from exc


def _bring_up(laptop: Laptop) -> dict[str, str]:
    with console.status("Starting") as status:
        return stack.up(laptop, lambda step: status.update(f"Starting: {step}"))


@app.command()
def up() -> None:
    """Start everything; deploy, migrate and seed what is not yet."""
    with told_in_one_line() as laptop:
        facts = _bring_up(laptop)
        console.print(f"up: {facts['inspector_url']}", soft_wrap=True)
        console.print(f"facts: {laptop.stack_file}", soft_wrap=True)


@app.command()
def down() -> None:
    """Stop everything; the data stays."""
    with told_in_one_line() as laptop:
        stack.down(laptop)
        console.print("down; the data stays for the next `make up`")


@app.command()
def clean() -> None:
    """Stop everything and delete all that the stack keeps."""
    with told_in_one_line() as laptop:
        stack.down(laptop)
        shutil.rmtree(laptop.folder)
        console.print(f"deleted {laptop.folder}", soft_wrap=True)


@app.command()
def token(user: Annotated[str, typer.Option("--as")] = "user_alice") -> None:
    """Print a bearer token for a user, and nothing else."""
    with told_in_one_line() as laptop:
        print(Issuer(laptop).token(user))


@app.command()
def seed() -> None:
    """Restore the sample data; other rows stay."""
    with told_in_one_line() as laptop, _database(laptop) as connection:
        sample.seed(connection)
        console.print("the sample data is as it was; other rows were left alone")


@app.command()
def reset() -> None:
    """Delete every run, file and row, then write the sample data."""
    with told_in_one_line() as laptop:
        _reset(laptop, stack.facts(laptop))
        console.print("everything deleted, the sample data written afresh")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="A .csv or .csv.gz of invoices")],
    org: Annotated[str | None, typer.Option(help="The organisation's id")] = None,
    org_column: Annotated[
        str | None, typer.Option(help="A column that names the organisation")
    ] = None,
    currency: Annotated[str, typer.Option(help="Where no column has it")] = "GBP",
    status: Annotated[str, typer.Option(help="Where no column has it")] = "paid",
) -> None:
    """Bring a CSV of invoices into one organisation, or one per value of a column."""
    with told_in_one_line() as laptop, _database(laptop) as connection:
        if (org is None) == (org_column is None):
            raise LaptopError(
                "Say whose invoices these are: ORG=<id>, or ORG_COLUMN=<column>."
            )
        invoices = InvoiceCsv(
            path=file, organization_column=org_column, currency=currency, status=status
        )
        for loaded in load_file(connection, invoices, org):
            console.print(
                f"{loaded.organization_id}: {loaded.rows} rows, {loaded.new} new; "
                f"export them as {loaded.member}"
            )


@app.command()
def mail_event(
    kind: MailEvent,
    run: Annotated[str, typer.Option(help="The run whose mail it is about")],
    address: Annotated[
        str | None, typer.Option(help="Instead of the one that was written to")
    ] = None,
) -> None:
    """Post what SES would publish of a mail; the engine never does."""
    with told_in_one_line() as laptop:
        about = post(laptop, stack.facts(laptop), kind, run, address)
        console.print(f"posted {kind.value} of {about} for run {run}")


@app.command()
def demo(fresh: Annotated[bool, typer.Option("--fresh")] = False) -> None:
    """Start the stack, run one export and show what came of it."""
    with told_in_one_line() as laptop:
        facts = _bring_up(laptop)
        if fresh:
            _reset(laptop, facts)
        Demo(laptop, facts, console).run()


@contextmanager
def _database(laptop: Laptop) -> Iterator[psycopg.Connection]:
    stack.facts(laptop)
    with connect_as_owner(laptop) as connection:
        yield connection


def _reset(laptop: Laptop, facts: dict[str, str]) -> None:
    forget_runs(laptop, facts)
    with connect_as_owner(laptop) as connection:
        sample.reset(connection)
