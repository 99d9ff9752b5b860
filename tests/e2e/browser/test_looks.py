"""Accessibility, narrow screens and a steady layout, measured in the browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.looks import findings
from tests.e2e.conftest import Tenant

pytestmark = pytest.mark.page

Make = Callable[..., Tenant]
Open = Callable[..., Visit]

# The position of each panel; a poll must not move them.
PLACES = """() => [document, document.querySelector("invoice-export").shadowRoot]
  .flatMap((root) => [...root.querySelectorAll(".card, .facts, .actions, #graph")])
  .map((e) => [e.id || e.className, Math.round(e.getBoundingClientRect().top)])"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_accessibility_finding(
    make_tenant: Make, visit: Open, scheme: str
) -> None:
    tenant = make_tenant(invoices=0)
    seen = visit(tenant, color_scheme=scheme)
    assert findings(seen.page) == []
    seen.press("Export invoices")
    seen.expect_status("failed")
    seen.expect_state("Run Failed", "failed")
    seen.state("Plan Pages").click()
    assert findings(seen.page) == []


def test_a_phone_never_scrolls_sideways(make_tenant: Make, visit: Open) -> None:
    tenant = make_tenant(invoices=60)
    seen = visit(tenant, viewport={"width": 360, "height": 740})
    seen.press("Export invoices")
    seen.expect_status("completed")
    seen.page.locator("#graph").scroll_into_view_if_needed()
    seen.expect_state("Run Completed", "done")
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 360
    assert findings(seen.page) == []


def test_polling_does_not_move_the_layout(
    make_tenant: Make, visit: Open, frozen: Callable[..., Any]
) -> None:
    tenant = make_tenant(invoices=3_000)
    seen = visit(tenant)
    with frozen():
        seen.press("Export invoices")
        seen.expect_status("running")
        seen.expect_state("Write Page", "running")
        expect(seen.page.locator("#run-pages")).to_contain_text("of 20 pages")
        before = seen.page.evaluate(PLACES)
        seen.page.wait_for_timeout(2_500)
        assert seen.page.evaluate(PLACES) == before
    seen.expect_status("completed")
    seen.expect_state("Run Completed", "done")
    assert seen.page.evaluate(PLACES) == before


def test_times_are_local_with_utc_on_hover(make_tenant: Make, visit: Open) -> None:
    tenant = make_tenant(invoices=10)
    run = tenant.wait(tenant.start())
    seen = visit(tenant, timezone_id="Asia/Tokyo")
    time = seen.page.locator("#recent time").first
    expect(time).to_have_attribute("datetime", run["requestedAt"])
    utc = run["requestedAt"][:19].replace("T", " ")
    expect(time).to_have_attribute("title", f"{utc} UTC")
    expect(time).not_to_contain_text(run["requestedAt"][11:19])
