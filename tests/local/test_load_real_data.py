"""Real files: half a million lines of a wholesaler, and invoices with foreign names."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from local.config import ROOT
from local.loader.load import load
from local.loader.rules import Lines, Rules

DATA = Path(os.environ.get("REAL_DATA") or ROOT.parent / "shared" / "data")
RETAIL = DATA / "online-retail" / "online_retail_541909.csv.gz"
CHINOOK = DATA / "chinook" / "invoices.csv"


def given(path):
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


def test_invoices_keep_their_foreign_names(owner, stored):
    rules = Rules(organization="org_new", currency="USD")
    (loaded,) = load(owner, given(CHINOOK), rules).organizations
    assert (loaded.rows, loaded.new) == (412, 412)
    assert sum(total for (total,) in stored("total")) == Decimal("2328.60")
    assert ("Leonie Köhler",) in stored("customer_name")


def test_each_country_is_an_organisation(owner):
    rules = Rules(organization_column="country", currency="USD")
    report = load(owner, given(CHINOOK), rules)
    assert len(report.organizations) == 24
    assert sum(one.new for one in report.organizations) == 412


@pytest.mark.long
def test_wholesalers_lines_add_up_to_its_invoices(owner):
    rules = Rules(
        organization="org_new",
        lines=Lines.SUM,
        columns={"customer_name": "CustomerID"},
    )
    report = load(owner, given(RETAIL), rules)
    assert [one.new for one in report.organizations] == [25_900]
    assert "25900 invoices of 9,747,747.934 GBP" in "\n".join(report.facts)
    (again,) = load(owner, RETAIL, rules).organizations
    assert (again.new, again.unchanged) == (0, 25_900)
