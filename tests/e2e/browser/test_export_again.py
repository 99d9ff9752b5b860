"""A fresh export on the same day: offered with the age of the present one."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.conftest import Tenant

pytestmark = pytest.mark.page

Make = Callable[..., Tenant]
Open = Callable[..., Visit]


def again(page: Page) -> Locator:
    return page.get_by_role("button", name="Export again", exact=True)


def run_ids(tenant: Tenant) -> list[str]:
    return [run["runId"] for run in tenant.http().get(tenant.path).json()["exports"]]


def expect_fresh_run(seen: Visit, tenant: Tenant, first: str) -> str:
    """Return the id of the one other run, which is shown."""
    expect(seen.page.locator("#run-id")).not_to_have_text(first)
    run_id = seen.run_id
    seen.expect_status("completed")
    assert sorted(run_ids(tenant)) == sorted([first, run_id])
    return run_id


def test_an_old_export_can_be_exported_again(make_tenant: Make, visit: Open) -> None:
    tenant = make_tenant(invoices=10)
    first = tenant.start()
    tenant.wait(first)
    tenant.stack.sql(
        tenant.id,
        "UPDATE exports SET completed_at = now() - interval '3 h 10 min' WHERE id = %s",
        first,
    )
    seen = visit(tenant)
    page = seen.page
    expect(page.locator("#run-age")).to_have_text("Exported 3 hours ago")
    expect(again(page)).to_have_accessible_description("Exported 3 hours ago")
    seen.press("Export invoices")
    expect(page.locator("#notice")).to_contain_text("press “Export again”")
    assert seen.run_id == first
    again(page).click()
    expect(page.locator("#notice")).to_contain_text("Export accepted")
    expect_fresh_run(seen, tenant, first)
    expect(page.locator("#run-age")).to_have_text("Exported just now")


def test_an_export_again_has_the_options_of_the_present_one(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=10)
    options = {"format": "csv.gz", "consistency": "snapshot"}
    first = tenant.http().post(tenant.path, json=options).json()["runId"]
    tenant.wait(first)
    seen = visit(tenant)
    again(seen.page).click()
    fresh = tenant.watch(expect_fresh_run(seen, tenant, first))
    assert {name: fresh[name] for name in options} == options


def test_a_double_click_exports_again_once(make_tenant: Make, visit: Open) -> None:
    tenant = make_tenant(invoices=10)
    first = tenant.start()
    tenant.wait(first)
    seen = visit(tenant)
    again(seen.page).dblclick()
    expect_fresh_run(seen, tenant, first)


def test_a_key_held_down_exports_again_once_and_keeps_the_focus(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=10)
    first = tenant.start()
    tenant.wait(first)
    seen = visit(tenant)
    again(seen.page).focus()
    for _ in range(4):
        # Without a key up in between, these are repetitions.
        seen.page.keyboard.down("Enter")
    seen.page.keyboard.up("Enter")
    expect_fresh_run(seen, tenant, first)
    expect(seen.page.locator("#run")).to_be_focused()
    expect(seen.page.locator("#announcer")).to_contain_text("Export completed")


def test_an_export_again_without_a_response_is_started_once(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=10)
    first = tenant.start()
    tenant.wait(first)
    seen = visit(tenant)
    page = seen.page
    keys: list[str] = []

    def lose_the_first_response(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        keys.append(str(route.request.header_value("idempotency-key")))
        response = route.fetch()
        assert response.status == 202
        if len(keys) == 1:
            route.abort()
        else:
            route.fulfill(response=response)

    page.route("**/exports", lose_the_first_response)
    again(page).click()
    expect(page.locator("#notice")).to_contain_text("not get a second export")
    again(page).click()
    second = expect_fresh_run(seen, tenant, first)
    again(page).click()
    expect(page.locator("#run-id")).not_to_have_text(second)
    seen.expect_status("completed")
    assert keys[0] == keys[1] != keys[2]
    assert len(run_ids(tenant)) == 3


def test_a_viewer_sees_the_age_but_cannot_export_again(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=10, roles=("owner", "viewer"))
    tenant.wait(tenant.start())
    seen = visit(tenant, tenant.users[1])
    expect(seen.page.locator("#run-age")).to_have_text("Exported just now")
    expect(again(seen.page)).to_be_hidden()
