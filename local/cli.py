"""The command line of the laptop stack, which the targets of the Makefile call."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import psycopg
import typer
from rich.console import Console

from invoice_export import datasets
from invoice_export.adapters.database_setup import removal_statement
from invoice_export.errors import DatasetError
from local import seed as sample
from local import stack
from local.config import Laptop
from local.database_setup import setup_text
from local.demo import USER, Demo
from local.directory import known_user
from local.errors import LaptopError
from local.executions import forget_runs
from local.issuer import Issuer
from local.loader import options
from local.loader.load import load as load_file
from local.localstack import laptop_from_environment
from local.mail_events import MailEvent, post
from local.tenancy import connect_as_owner

app = typer.Typer(
    help="Run the invoice export on a laptop. The targets of `make` call it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)


@contextmanager
def laptop_command(*, given: bool = False) -> Iterator[Laptop]:
    """Give a command its stack; print what the developer has to fix, and exit."""
    try:
        yield laptop_from_environment(given=given)
    except (LaptopError, DatasetError) as exc:
        Console(stderr=True, highlight=False).print(
            f"error: {exc}", markup=False, soft_wrap=True
        )
        raise typer.Exit(1) from exc


@contextmanager
def _sample_command(command: str) -> Iterator[Laptop]:
    """Give the command its stack, unless that has a database of the team."""
    with laptop_command() as laptop:
        laptop.require_sample(command)
        yield laptop


def _bring_up(laptop: Laptop) -> dict[str, str]:
    with console.status("Starting") as status:
        return stack.up(laptop, lambda step: status.update(f"Starting: {step}"))


@app.command()
def up(
    given: Annotated[
        bool, typer.Option("--given", help="On the database at DATABASE_URL")
    ] = False,
) -> None:
    """Start the laptop stack and deploy what has changed."""
    with laptop_command(given=given) as laptop:
        facts = _bring_up(laptop)
        console.print(f"The stack is up: {facts['inspector_url']}", soft_wrap=True)
        if laptop.given:
            console.print(f"It exports from {laptop.given.place}.", soft_wrap=True)
        elif os.environ.get("DATABASE_URL") and not given:
            console.print(
                "It exports the sample, because a variable of the shell chooses no "
                "database. `make up DATABASE_URL=…` does.",
                soft_wrap=True,
            )
        console.print(f"All its addresses: {laptop.stack_file}", soft_wrap=True)


@app.command()
def down() -> None:
    """Stop the laptop stack; its data stays."""
    with laptop_command() as laptop:
        stack.down(laptop)
        console.print("The stack is down. `make up` starts it with its data.")


@app.command()
def clean() -> None:
    """Stop the laptop stack and delete its folder, with all data."""
    with laptop_command() as laptop:
        stack.down(laptop)
        shutil.rmtree(laptop.folder)
        console.print(f"The stack is down; {laptop.folder} is deleted.", soft_wrap=True)
        if laptop.given:
            console.print(
                f"{laptop.given.place} keeps its runs, in the schema invoice_export. "
                "This removes them, as the administrator:",
                soft_wrap=True,
            )
            print(removal_statement().strip())


@app.command()
def token(
    user: Annotated[str | None, typer.Option("--as", help="The user's id")] = None,
) -> None:
    """Print a bearer token for a user, and nothing else."""
    with laptop_command() as laptop:
        if laptop.given:
            print(Issuer(laptop).token(known_user(laptop, user)))
        else:
            print(Issuer(laptop).token(user or USER))


@app.command()
def seed() -> None:
    """Restore the sample data; leave all other rows alone."""
    with _sample_command("make seed") as laptop, _database(laptop) as connection:
        sample.seed(connection)
        console.print("The sample data is restored. All other rows are unchanged.")


@app.command()
def reset() -> None:
    """Delete every run, file and row; then write the sample data."""
    with _sample_command("make reset") as laptop:
        _reset(laptop, stack.facts(laptop))
        console.print("Everything is deleted. The sample data is new.")


@app.command(epilog=options.EPILOG)
def load(
    file: options.File = None,
    *,
    org: options.Org = None,
    org_column: options.OrgColumn = None,
    lines: options.LinesOption = None,
    key: options.Key = "number",
    update: options.Update = False,
    keep: options.Keep = False,
    dry_run: options.DryRun = False,
    status: options.Status = None,
    currency: options.Currency = "GBP",
    column: options.Map = None,
    decimal: options.Decimal = None,
    dates: options.Dates = None,
    delimiter: options.Delimiter = None,
    encoding: options.Encoding = None,
    header_line: options.HeaderLine = None,
    keep_guard: options.KeepGuard = False,
) -> None:
    """Load a CSV of invoices: all of it, or nothing. The rules are in docs/load.md."""
    if file is None:
        print(options.RULES)
        raise typer.Exit(2)
    with _sample_command("make load") as laptop:
        rules = options.declared(
            org=org,
            org_column=org_column,
            lines=lines,
            key=key,
            update=update,
            keep=keep,
            dry_run=dry_run,
            status=status,
            currency=currency,
            column=column,
            decimal=decimal,
            dates=dates,
            delimiter=delimiter,
            encoding=encoding,
            header_line=header_line,
            keep_guard=keep_guard,
        )
        with _database(laptop) as connection:
            for line in load_file(connection, file, rules).lines():
                console.print(line, markup=False, soft_wrap=True)


@app.command()
def mail_event(
    kind: MailEvent,
    run: Annotated[str, typer.Option(help="The id of the run that sent the e-mail")],
    address: Annotated[
        str | None, typer.Option(help="The recipient, if not the requester")
    ] = None,
) -> None:
    """Publish an e-mail's delivery event in place of SES; the engine publishes none."""
    with laptop_command() as laptop:
        recipient = post(laptop, stack.facts(laptop), kind, run, address)
        console.print(f"Posted: {kind.value} for {recipient}, run {run}")


@app.command()
def database_setup(
    owner_password: Annotated[
        str | None, typer.Option(envvar="OWNER_PASSWORD", help="Of the schema's owner")
    ] = None,
    app_password: Annotated[
        str | None, typer.Option(envvar="APP_PASSWORD", help="Of the functions' role")
    ] = None,
    *,
    rds_iam: Annotated[
        bool, typer.Option("--rds-iam", help="Sign in by IAM, without passwords")
    ] = False,
) -> None:
    """Print what a database's administrator runs before the first deployment."""
    with laptop_command():
        print(
            setup_text(
                datasets.load(),
                owner_password=owner_password,
                app_password=app_password,
                rds_iam=rds_iam,
            )
        )


@app.command()
def demo(
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Delete all runs, files and rows first")
    ] = False,
) -> None:
    """Start the stack, run one export and show its file, e-mail and audit record."""
    with _sample_command("make demo") as laptop:
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
