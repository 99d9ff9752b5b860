"""The parts of `make fit` that need no database."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from invoice_export.domain.dataset import Key, KeyType
from invoice_export.store import statements
from tools.fit.__main__ import main, without_secrets
from tools.fit.columns import Base, Index, Table, serving_index, unique_index
from tools.fit.declarations import check_collation
from tools.fit.findings import (
    Section,
    as_json,
    as_text,
    error,
    fits,
    info,
    ok,
    warning,
)
from tools.fit.plans import read_plan
from tools.fit.session import QUERIES

ROOT = Path(__file__).parents[2]
FINE = Section(
    "Dataset a", (ok("columns", "all 3"), warning("joins", "two", "use one"))
)
BROKEN = Section("Dataset b", (error("index", "reads all", "CREATE INDEX …"),))


def test_warnings_fit_and_errors_do_not():
    assert fits([FINE])
    assert not fits([FINE, BROKEN])


def test_report_is_grouped_and_aligned():
    assert as_text([FINE, BROKEN]).splitlines() == [
        "Dataset a",
        "  ok       columns  all 3",
        "  warning  joins    two",
        "                    -> use one",
        "",
        "Dataset b",
        "  error    index    reads all",
        "                    -> CREATE INDEX …",
        "",
        "It does not fit yet: 1 error, 1 warning.",
    ]


def test_report_for_machines():
    report = json.loads(json.dumps(as_json([FINE, BROKEN])))
    assert (report["fits"], report["errors"], report["warnings"]) == (False, 1, 1)
    assert report["sections"][1] == {
        "title": "Dataset b",
        "findings": [
            {
                "code": "index",
                "severity": "error",
                "message": "reads all",
                "advice": "CREATE INDEX …",
            }
        ],
    }


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        ("", {}),
        ("no url: hunter2", {}),
        ("postgresql://u:hunter2@127.0.0.1:1/x", {}),
        ("postgresql://u:hunter2/hunter3@127.0.0.1:1/x", {}),
        ("postgresql://u:hunter2@hunter3@127.0.0.1:1/x", {}),
        ("postgresql://u:hunter2#hunter3@127.0.0.1:1/x", {}),
    ],
)
def test_address_that_leads_nowhere_exits_2_without_the_password(
    url, environment, capsys
):
    assert main([], environment | {"DATABASE_URL": url}) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert "hunter" not in printed.err


def test_password_is_left_out_of_any_text():
    url = "postgresql://u:p%40ss/word@host/x"
    assert "word" not in without_secrets("no host 'ss/word' or p@ss/word", url)
    assert without_secrets("x", "host=h password='a b' user=u") == "x"
    assert without_secrets("has a b", "host=h password='a b' user=u") == "has ***"


def test_unknown_option_exits_2():
    done = subprocess.run(
        [sys.executable, "-m", "tools.fit", "--nothing"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2


def test_planner_has_the_settings_of_the_exports():
    def planned(text):
        return {
            line.strip().rstrip(",;")
            for line in text.splitlines()
            if "enable_" in line or "parallel" in line or "'jit'" in line
        }

    migrations = ROOT / "layers/invoice_export/python/invoice_export/sql/migrations"
    theirs = (migrations / "0003_functions.sql").read_text("utf-8")
    body = theirs.split("CREATE FUNCTION read_in_order()")[1].split("END;")[0]
    ours = QUERIES.read_text("utf-8").split("-- name: read_in_order\n")[1]
    assert planned(ours.split("-- name:")[0]) == planned(body)


def test_every_statement_that_reads_through_a_view_is_tried():
    source = (ROOT / "tools/fit/statements.py").read_text("utf-8")
    reading = {
        name
        for name, text in statements.drawer("exported_rows").items()
        if "{view}" in text or "{walked}" in text
    }
    # These plan like the ones that are tried.
    alike = {"walk_on", "estimate", "measure_widths", "count_unusual_times"}
    assert {name for name in reading if f'"{name}"' in source} == reading - alike


def scan(**node):
    return {
        "Node Type": "Seq Scan",
        "Schema": "app",
        "Relation Name": "lines",
        "Alias": "l",
        **node,
    }


def test_plan_names_the_columns_that_no_index_serves():
    plan = read_plan(
        {
            "Node Type": "Hash Join",
            "Hash Cond": '(o.id = l."Order")',
            "Output": ["o.id"],
            "Plans": [scan(Filter="(l.kind = 'x.y'::text)"), scan(Alias="o")],
        }
    )
    assert [each.compared for each in plan.scans] == [('"Order"', "kind"), ("id",)]
    assert [each.by_index for each in plan.scans] == [False, False]
    assert plan.output == ("o.id",)


def test_plan_counts_a_sort_of_rows_but_not_of_the_last_page():
    def sort(key):
        return {
            "Node Type": "Sort",
            "Sort Key": [key],
            "Plans": [scan(**{"Plan Rows": 12})],
        }

    assert read_plan(sort("l.id")).sorted_rows == 12
    assert read_plan(sort("l.id DESC")).sorted_rows == 0


def test_index_over_an_expression_proves_nothing():
    table = Table(1, "t", False, (Index("i", ("id", None), True),))
    column = Base(table, "id")
    assert unique_index(None, [column]) is None
    assert serving_index(None, Base(table, "kind")) is None


def test_index_of_the_organisation_and_the_filter_serves():
    table = Table(1, "t", False, (Index("i", ("tenant", "kind", "id"), False),))
    tenant, kind = Base(table, "tenant"), Base(table, "kind")
    assert serving_index(tenant, kind)
    assert serving_index(None, kind) is None
    assert serving_index(tenant, Base(table, "id")) is None


def test_collation_in_which_texts_are_equal_is_an_error():
    key = Key("code", KeyType.TEXT)
    (found,) = check_collation(key, "loose", False)
    assert found.code == "key-collation"
    assert not list(check_collation(key, "C", True))


def test_information_is_no_warning():
    assert as_text([Section("x", (info("wall", "nothing"),))]).endswith(
        "It fits: no warnings."
    )
