"""The examples in docs/load.md are run, and come out as they are printed there."""

import re
import shlex
from contextlib import contextmanager

from typer.testing import CliRunner

from local import cli
from local.config import ROOT
from local.loader.columns import FIELDS

DOCUMENT = ROOT / "docs" / "load.md"
BLOCK = re.compile(r"^```(csv|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTIONS = {
    "ORG": "--org",
    "ORG_COLUMN": "--org-column",
    "CURRENCY": "--currency",
    "STATUS": "--status",
}


def arguments_of(command):
    """What the target ``load`` of the Makefile passes on."""
    make, load, *variables = shlex.split(command)
    assert (make, load) == ("make", "load")
    given = dict(variable.split("=", 1) for variable in variables)
    yield given.pop("FILE")
    extra = shlex.split(given.pop("ARGS", ""))
    for name, value in given.items():
        yield from (OPTIONS[name], value)
    yield from extra


def test_examples_come_out_as_printed(owner, tmp_path, monkeypatch):
    @contextmanager
    def database(laptop):
        yield owner

    monkeypatch.setattr(cli, "_database", database)
    monkeypatch.chdir(tmp_path)
    examples = BLOCK.findall(DOCUMENT.read_text("utf-8"))
    assert len(examples) > 20
    for kind, content in examples:
        if kind == "csv":
            (tmp_path / "invoices.csv").write_text(content, "utf-8")
            continue
        first, _, printed = content.partition("\n")
        command = first.removeprefix("$ ")
        done = CliRunner().invoke(cli.app, ["load", *arguments_of(command)])
        assert done.output == printed, command


def test_document_names_every_column_and_its_names():
    document = DOCUMENT.read_text("utf-8")
    for field, about in FIELDS.items():
        names = ", ".join((*about.names, *about.fallbacks))
        assert f"| `{field}` | {names} |" in document
