"""Only the datasets name the exported tables, their columns and their rows."""

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import invoice_export
from invoice_export.adapters.email_templates import render
from invoice_export.domain.dataset import Column, Kind
from invoice_export.domain.emails import EmailKind
from invoice_export.formats.csv import times_at_end
from tests.driver import INVOICES, asking

ROOT = Path(__file__).parents[2]
PACKAGE = Path(invoice_export.__file__).parent
SAY_IT = {
    *(PACKAGE / "datasets").rglob("*"),
    # An application of its own, which the datasets read.
    *(PACKAGE / "sql" / "sample").rglob("*"),
}

# Column names that our own tables also use, and a kind.
OURS = {"id", "number", "organization_id", "status", "created_at", "createdAt"}
NAMES = {
    INVOICES.name,
    "inserted_at",
    *(column.name for column in INVOICES.columns),
    *INVOICES.by_header,
} - OURS
WORDS = {INVOICES.words.one, INVOICES.words.many}


def files(*patterns: str) -> list[Path]:
    found = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return sorted(path for path in found if path.is_file() and path not in SAY_IT)


CODE = files("layers/invoice_export/python/**/*.py", "lambdas/**/*.py")
STATEMENTS = files("layers/invoice_export/python/**/*.sql")
TEXTS = files("layers/invoice_export/python/**/*.j2", "inspector/*.*")


def strings(path: Path) -> str:
    """All strings of a module except its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    said = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    return "\n".join(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node not in said
    )


def without_comments(path: Path) -> str:
    return re.sub(r"--.*", "", path.read_text("utf-8"))


def without_the_product_s_name(path: Path) -> str:
    return path.read_text("utf-8").replace("invoice-export", "")


def named(
    paths: list[Path], read: Callable[[Path], str], names: set[str]
) -> dict[str, set[str]]:
    found = {path: set(re.findall(r"\w+", read(path))) & names for path in paths}
    return {str(path.relative_to(ROOT)): hits for path, hits in found.items() if hits}


def test_no_statement_names_what_is_exported() -> None:
    assert named(STATEMENTS, without_comments, NAMES | WORDS) == {}


def test_no_code_names_what_is_exported() -> None:
    assert named(CODE, strings, NAMES) == {}


def test_no_text_names_what_is_exported() -> None:
    assert named(TEXTS, without_the_product_s_name, WORDS) == {}


def test_the_search_finds_what_is_there() -> None:
    assert {"invoices", "customer_name", "customerName", "dueAt"} <= NAMES
    assert len(CODE) > 50
    assert len(STATEMENTS) > 10
    assert len(TEXTS) > 15
    definition = PACKAGE / "datasets" / "invoices.py"
    assert named([definition], strings, NAMES) == {
        str(definition.relative_to(ROOT)): NAMES
    }


@pytest.mark.parametrize(
    ("kinds", "times"),
    [("", 0), ("p", 0), ("t", 1), ("pt", 1), ("tp", 0), ("ptt", 2), ("tttt", 2)],
)
def test_at_most_two_times_are_finished_from_the_row_s_end(
    kinds: str, times: int
) -> None:
    of = {"p": Kind.PLAIN, "t": Kind.TIME}
    columns = tuple(Column("c", "c", of[kind]) for kind in kinds)
    assert times_at_end(replace(asking(), columns=columns)) == times


@pytest.mark.parametrize(
    ("rows", "what"), [(1, "1 invoice."), (1200, "1,200 invoices.")]
)
def test_mail_says_how_many_of_what(rows: int, what: str) -> None:
    message = render(
        EmailKind.COMPLETED,
        INVOICES.words,
        choices=[],
        to="alice@acme.example",
        organization_name="Acme\r\nInc.",
        name="Alice",
        row_count=rows,
        link="https://app.example",
        file_retention_days=7,
    )
    assert message.subject == "Your invoice export for Acme Inc. is ready"
    assert what in message.text
    assert what in message.html
