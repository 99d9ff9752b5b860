"""Only the store names SQL statements, and none makes RDS Proxy pin a session."""

import ast
import re
from pathlib import Path

import pytest

import invoice_export
from invoice_export.store.reading import KeyRange, Parts
from invoice_export.store.statements import compose, compose_with, drawer, drawers
from tests.driver import asking

ROOT = Path(__file__).parents[2]
PACKAGE = Path(invoice_export.__file__).parent
# Fragments that other statements include.
PARTS = {
    "directory.known_name",
    "emails.named_email",
    "pages.page_columns",
    "runs.run_columns",
    "statuses.shown_email",
    "statuses.status_columns",
    "suppressions.active_suppression",
}
NAMES = sorted(f"{file}.{name}" for file in drawers() for name in drawer(file))
STATEMENTS = [name for name in NAMES if name not in PARTS]
FIRST_WORDS = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "COPY", "EXPLAIN"}
OF_THE_SESSION = re.compile(
    r"\b(set_config|temp|temporary|nextval|setval|pg_(try_)?advisory_(un)?lock\w*)\b",
    re.IGNORECASE,
)


def composed(name: str) -> str:
    if not name.startswith("exported_rows."):
        return compose(name)
    key = ("2025-01-01", "00000000-0000-0000-0000-000000000000")
    request = asking(filters={"status": {"in": ["paid"]}, "total": {"min": 1}})
    return compose_with(name, Parts(request, KeyRange(start=key, end=key)))


def strings(path: Path) -> set[str]:
    return {
        node.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement_leaves_nothing_behind_in_its_session(name):
    text = re.sub("--.*", "", composed(name))
    assert text.split()[0] in FIRST_WORDS
    assert not OF_THE_SESSION.search(text)
    assert len(text) < 2_048


START = ("2025-01-02", "00000000-0000-0000-0000-000000000000")
END = ("2025-01-03", "00000000-0000-0000-0000-000000000000")


@pytest.mark.parametrize(
    ("keys", "compared"),
    [
        (KeyRange(), ["status", "created_at >=", "created_at <"]),
        (KeyRange(start=START), ["status", "created_at <"]),
        (KeyRange(end=END), ["status", "created_at >="]),
        (KeyRange(start=START, end=END), ["status"]),
    ],
)
def test_ends_of_a_page_replace_the_conditions_that_they_imply(keys, compared):
    # Beside them, PostgreSQL would begin each page at the first page's start.
    period = {"from": "2025-01-01", "to": "2025-02-01"}
    request = asking(filters={"status": {"in": ["paid"]}, "createdAt": period})
    parts = Parts(request, keys)
    text = parts["conditions"].as_string().replace('"', "")
    assert len(text.split(" AND ")) == len(compared)
    assert all(each in text for each in compared)
    assert {name for name in parts.values if f"({name})" in text} == {
        name for name in parts.values if name.startswith("value_")
    }


@pytest.mark.parametrize(
    ("filters", "view"),
    [
        ({}, "_invoices_keys"),
        ({"createdAt": {"from": "2025-01-01"}}, "_invoices_keys"),
        ({"status": {"in": ["paid"]}}, "invoices"),
    ],
)
def test_planning_walks_over_keys_where_it_compares_nothing_else(filters, view):
    parts = Parts(asking(filters=filters))
    assert f'FROM "{view}"' in compose_with("exported_rows.walk", parts)


def test_settings_behind_functions_end_with_their_transaction():
    versions = PACKAGE / "sql" / "migrations"
    settings = [
        line.strip()
        for script in versions.rglob("*.sql")
        for line in re.sub("--.*", "", script.read_text()).splitlines()
        if "set_config(" in line
    ]
    assert len(settings) == 19
    assert all(re.search(r", true\)[,;]?$", line) for line in settings)


def test_only_the_store_names_a_statement():
    outside = [
        path
        for folder in (PACKAGE, ROOT / "lambdas", ROOT / "local")
        for path in folder.rglob("*.py")
        if PACKAGE / "store" not in path.parents
    ]
    named = {path: strings(path) & set(NAMES) for path in outside}
    assert len(outside) > 50
    assert {path: names for path, names in named.items() if names} == {}


def test_every_statement_is_used():
    used = set().union(*(strings(path) for path in (PACKAGE / "store").glob("*.py")))
    assert [name for name in NAMES if name not in used] == []


def test_a_module_of_the_store_names_only_its_own_drawer():
    for path in (PACKAGE / "store").glob("*.py"):
        # Any module may use the session drawer; statements.py fills in the fragments.
        shared = PARTS if path.stem == "statements" else set()
        named = strings(path) & set(NAMES) - shared
        assert {name.partition(".")[0] for name in named} <= {path.stem, "session"}
