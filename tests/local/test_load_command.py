"""The command line of the loader, as ``make load`` and a reader of its help see it."""

import subprocess
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from local import cli
from local.config import ROOT
from local.errors import LaptopError
from local.loader import options
from local.loader.columns import FIELDS
from local.loader.rules import Existing, Lines, Rules, split
from tests.local.reading import HEADER

DEFAULTS = {
    "org": ["org_new"],
    "org_column": None,
    "lines": None,
    "key": "number",
    "update": False,
    "keep": False,
    "dry_run": False,
    "status": None,
    "currency": "GBP",
    "column": None,
    "decimal": None,
    "dates": None,
    "delimiter": None,
    "encoding": None,
    "header_line": None,
    "keep_guard": False,
}


def declared(**given):
    return options.declared(**DEFAULTS | given)


@pytest.fixture
def run(monkeypatch, owner, tmp_path):
    """Runs the command in the test's database, with a file of this text."""

    @contextmanager
    def database(laptop):
        yield owner

    monkeypatch.setattr(cli, "_database", database)
    monkeypatch.setenv("COLUMNS", "200")

    def run_it(*arguments, text=None):
        path = tmp_path / "invoices.csv"
        if text is not None:
            path.write_text(text, "utf-8")
            arguments = (str(path), *arguments)
        return CliRunner().invoke(cli.app, ["load", *arguments])

    return run_it


def test_options_become_rules():
    rules = declared(
        org=["Acme Ltd=org_acme", "A=B=org_ab"],
        org_column="Customer",
        lines=Lines.SUM,
        key="number, created_at",
        update=True,
        dry_run=True,
        status=["sent", "Partly paid=overdue"],
        currency="EUR",
        column=["total=Invoice Total", "status="],
        decimal=["comma", "quantity=point"],
        dates=["dmy"],
        delimiter="semicolon",
        encoding="windows-1252",
        header_line=4,
        keep_guard=True,
    )
    assert rules == Rules(
        organization_column="Customer",
        organization_ids={"Acme Ltd": "org_acme", "A=B": "org_ab"},
        lines=Lines.SUM,
        key=("number", "created_at"),
        existing=Existing.UPDATE,
        dry_run=True,
        status="sent",
        statuses={"Partly paid": "overdue"},
        currency="EUR",
        columns={"total": "Invoice Total", "status": ""},
        decimal={"quantity": "point", "": "comma"},
        dates={"": "dmy"},
        delimiter=";",
        encoding="windows-1252",
        header_line=4,
        keep_guard=True,
    )
    assert declared(keep=True).existing is Existing.KEEP


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"org": None}, "Say whose invoices these are"),
        ({"org_column": "x"}, "Say whose invoices these are"),
        ({"org": ["not an id"]}, "'not an id' is not an organisation id"),
        ({"org": ["org_a", "org_b"]}, "--org is given twice: org_a and org_b"),
        ({"org": ["org_a", "A=org_b"]}, "--org <value>=<id> needs --org-column"),
        ({"org": ["A=x y"], "org_column": "o"}, "'x y' is not an organisation id"),
        ({"status": ["open"]}, "--status open: use one of draft, sent, paid, overdue"),
        ({"status": ["Open=open"]}, "--status open: use one of"),
        ({"status": ["a=sent", "a=paid"]}, "--status names a twice"),
        ({"currency": "EURO"}, "--currency EURO: three letters"),
        ({"column": ["Amount"]}, "--map Amount: say which field it is"),
        ({"decimal": [","]}, "--decimal ,: use one of point, comma"),
        ({"dates": ["iso"]}, "--dates iso: use one of ymd, dmy, mdy"),
        ({"delimiter": ";;"}, "--delimiter ;;: one character, or one of comma"),
        ({"delimiter": '"'}, '--delimiter ": one character'),
        ({"encoding": "ansi-1"}, "--encoding ansi-1: Python knows no such encoding"),
        ({"encoding": "hex"}, "--encoding hex: Python knows no such encoding"),
        ({"key": "created_at"}, "--key needs number or id"),
        ({"key": "number,colour"}, "--key colour: use one of number, created_at"),
        ({"update": True, "keep": True}, "--update or --keep, not both"),
    ],
)
def test_options_that_make_no_sense_are_refused(given, told):
    with pytest.raises(LaptopError) as refused:
        declared(**given)
    assert told in str(refused.value)


def test_value_and_pairs_are_told_apart():
    assert split("--x", ["a", "b=c=d"]) == ("a", {"b": "c=d"})
    assert split("--x", ["b=c=d"], at_last=True) == (None, {"b=c": "d"})


def test_command_loads_and_reports(run):
    done = run("--org", "org_new", text=HEADER + "1,[b]a[/b],1,2024-01-01,\n")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "invoices.csv: utf-8, separated by ','" in done.stdout
    assert done.stdout.endswith(
        "org_new: 1 row, 1 new, new organisation; export them as user_new\n"
    )


def test_command_refuses_with_one_message_and_an_exit_code(run):
    done = run("--org", "org_new", text=HEADER + "1,a,x,2024-01-01,\n")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "nothing was loaded.\n  line 2: total 'x' is not an amount" in done.stderr


def test_command_without_a_file_prints_the_rules_and_fails(run):
    done = run()
    assert done.exit_code == 2
    assert done.stdout == f"{options.RULES}\n"


def test_help_names_every_option_and_column(run):
    told = run("--help").stdout
    for option in ("--org", "--map", "--lines", "--key", "--update", "--keep"):
        assert option in told
    for field in FIELDS:
        assert f"{field} may be called" in told


@pytest.mark.parametrize(
    ("variables", "command"),
    [
        ([], "-m local load"),
        (["FILE=a b.csv", "ORG=org_x"], '-m local load "a b.csv" --org "org_x"'),
        (
            ["FILE=a.csv", "ORG_COLUMN=C D", "CURRENCY=EUR", "STATUS=Open=sent"],
            (
                '-m local load "a.csv" --org-column "C D" --currency "EUR"'
                ' --status "Open=sent"'
            ),
        ),
        (
            ["FILE=a.csv", "ORG=o", 'ARGS=--dry-run --map "total=A B"'],
            '-m local load "a.csv" --org "o" --dry-run --map "total=A B"',
        ),
    ],
)
def test_make_passes_its_variables(variables, command):
    printed = subprocess.run(
        [
            "make",
            "--no-print-directory",
            "--dry-run",
            "--old-file=.venv/.stamp",
            "load",
            *variables,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert " ".join(printed.replace("\\\n", " ").split()).endswith(command)
