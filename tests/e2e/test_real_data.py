"""Exports half a million real invoice lines as 38 organisations; checks each file."""

import pytest

from local.loader.load import load
from local.loader.rules import Rules
from local.tenancy import connect_as_owner
from tests.e2e.conftest import Tenant

LINES = 541_909
COUNTRIES = 38


@pytest.fixture(scope="module")
def wholesaler(deployed_stack, shared_data):
    """Load each country as an organisation; return them largest first."""
    path = shared_data / "online-retail" / "online_retail_541909.csv.gz"
    with connect_as_owner(deployed_stack.laptop) as connection:
        report = load(connection, path, Rules(organization_column="Country"))
    return sorted(report.organizations, key=lambda country: -country.rows)


@pytest.mark.long
def test_every_country_is_exported_row_for_row(running_stack, wholesaler):
    assert len(wholesaler) == COUNTRIES
    assert sum(country.rows for country in wholesaler) == LINES
    tenants = [
        Tenant(country.organization_id, [country.member], running_stack)
        for country in wholesaler
    ]
    # All start at once: the largest run blocks only its own lane.
    runs = [tenant.start() for tenant in tenants]
    for country, tenant, run_id in zip(wholesaler, tenants, runs, strict=True):
        run = tenant.wait(run_id, seconds=240)
        assert run["rowCount"] == country.rows
        rows = tenant.assert_file_equals_database(tenant.download(run_id))
        assert rows == country.rows
        assert len(running_stack.mails(run_id)) == 1


def test_chinook_invoices_keep_their_foreign_names(
    running_stack, shared_data, make_tenant
):
    tenant = make_tenant()
    path = shared_data / "chinook" / "invoices.csv"
    with connect_as_owner(running_stack.laptop) as connection:
        report = load(connection, path, Rules(organization=tenant.id, currency="USD"))
    assert [one.rows for one in report.organizations] == [412]
    text = tenant.download(tenant.wait(tenant.start())["runId"])
    assert tenant.assert_file_equals_database(text) == 412
    assert "Leonie Köhler" in text
