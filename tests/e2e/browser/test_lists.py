"""The lists beside the run: page by page, as far back as the reader wants."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.looks import findings
from tests.e2e.conftest import Tenant

pytestmark = pytest.mark.page

Make = Callable[..., Tenant]
Open = Callable[..., Visit]

# Older than all that happens in the test.
RECORDS = """
INSERT INTO audit_logs (organization_id, action, created_at)
SELECT %s, 'export.invoices.completed', clock_timestamp() - n * interval '1 hour'
FROM generate_series(1, %s) n
"""
RUNS = """
INSERT INTO exports (organization_id, requested_by, dataset, fingerprint, status,
  idempotency_key, requested_at, completed_at)
SELECT %s, 'nobody', 'invoices', '', 'cancelled', gen_random_uuid()::text,
  clock_timestamp() - n * interval '1 hour', clock_timestamp()
FROM generate_series(1, %s) n
"""


@pytest.mark.parametrize(
    ("name", "items", "insert"),
    [("recent", "exports", RUNS), ("audit", "records", RECORDS)],
)
def test_more_of_a_list_is_shown_on_demand_and_stays(
    make_tenant: Make, visit: Open, name: str, items: str, insert: str
) -> None:
    tenant = make_tenant(invoices=10)
    tenant.wait(tenant.start())
    tenant.stack.sql(tenant.id, insert, tenant.id, 45)
    seen = visit(tenant)
    rows = seen.page.locator(f"#{name} li")
    more = seen.page.get_by_role("button", name=f"Show more {items}")
    expect(rows).to_have_count(20)
    more.focus()
    seen.page.keyboard.press("Enter")
    expect(rows).to_have_count(40)
    expect(more).to_be_focused()
    assert findings(seen.page) == []
    seen.page.keyboard.press("Enter")
    expect(more).to_be_hidden()
    expect(seen.page.locator(f"#{name}")).to_be_focused()
    shown = rows.count()
    assert shown > 45
    tenant.stack.sql(tenant.id, insert, tenant.id, 1)
    expect(rows).to_have_count(shown + 1)
