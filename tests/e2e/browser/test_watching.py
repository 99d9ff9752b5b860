"""One user and one run, from the click to the file."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from local.tenancy import act_for, connect_as_owner
from tests.e2e.browser.conftest import Visit
from tests.e2e.conftest import Tenant, add_invoices

Make = Callable[..., Tenant]
Open = Callable[..., Visit]

MARKUP = '<img src=x onerror="document.title=1"><b>Bold</b> & Söhne'


def rename(tenant: Tenant, name: str) -> None:
    with connect_as_owner(tenant.stack.laptop) as connection:
        cursor = connection.cursor()
        act_for(cursor, tenant.id)
        cursor.execute("UPDATE organizations SET name = %s", [name])
        cursor.execute("UPDATE invoices SET customer_name = %s", [name])


def test_from_the_click_to_the_file(make_tenant: Make, visit: Open) -> None:
    tenant = make_tenant(invoices=260)
    rename(tenant, MARKUP)
    seen = visit(tenant)
    page = seen.page
    expect(page.locator("#run-summary")).to_contain_text(
        "Nothing has been exported today"
    )
    expect(page.locator("#graph")).to_have_text(
        "Open or start an export to see its states."
    )
    expect(page.locator("#user .org")).to_have_text(MARKUP)
    seen.press("Export invoices")
    expect(page.locator("#notice")).to_contain_text("Export accepted")
    seen.expect_status("completed")
    expect(page.locator("#run-pages")).to_have_text("6 of 6 pages")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "6")
    expect(page.locator("#run-rows")).to_have_text("260")
    expect(page.locator("#run-email")).to_have_text("sent to you")
    assert re.search(r"run=" + seen.run_id, page.url)
    with page.expect_download() as download:
        seen.press("Download")
    assert re.fullmatch(r"invoices-[0-9-]+\.csv", download.value.suggested_filename)
    text = Path(download.value.path()).read_bytes().decode()
    assert tenant.assert_file_equals_database(text) == 260
    expect(page.locator("#audit")).to_contain_text("downloaded a file")
    expect(page.locator("#recent a")).to_have_count(1)
    expect(page.locator("#recent a")).to_contain_text("260 rows")
    assert page.locator("main img, main b").count() == 0
    assert page.title() == "Invoice export"


def test_the_second_click_of_a_day_shows_the_same_run(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=30)
    seen = visit(tenant)
    seen.press("Export invoices")
    first = seen.run_id
    seen.expect_status("completed")
    seen.press("Export invoices")
    expect(seen.page.locator("#notice")).to_contain_text("already exported today")
    assert seen.run_id == first
    expect(seen.page.locator("#recent a")).to_have_count(1)


def test_two_organisations_export_at_once(make_tenant: Make, visit: Open) -> None:
    tenants = [make_tenant(invoices=60), make_tenant(invoices=110)]
    seen = [visit(tenant) for tenant in tenants]
    for one in seen:
        one.press("Export invoices")
    for one in seen:
        one.expect_status("completed")
    assert seen[0].run_id != seen[1].run_id
    expect(seen[0].page.locator("#run-rows")).to_have_text("60")
    expect(seen[1].page.locator("#run-rows")).to_have_text("110")
    for one in seen:
        expect(one.page.locator("#recent a")).to_have_count(1)


def test_another_organisations_run_is_not_shown(make_tenant: Make, visit: Open) -> None:
    mine, other = make_tenant(invoices=10), make_tenant(invoices=10)
    run_id = other.start()
    query = f"?organization={mine.id}&run={run_id}"
    seen = visit(mine, query=query)
    expect(seen.page.locator("#run-summary")).to_contain_text("no such export")
    seen = visit(mine, query=f"?organization={other.id}&run={run_id}")
    expect(seen.page.locator("#banner")).to_contain_text("not a member")


def test_a_run_can_be_reloaded_cancelled_and_retried(
    make_tenant: Make, visit: Open, frozen: Callable[..., Any]
) -> None:
    tenant = make_tenant(invoices=3_000)
    seen = visit(tenant)
    page = seen.page
    with frozen() as freezer:
        seen.press("Export invoices")
        freezer.let_through(3)
        run_id = seen.run_id
        # More, where several workers waited at once.
        done = tenant.watch(run_id)["pagesDone"]
        assert 3 <= done < 20
        page.reload()
        seen.expect_status("running")
        assert seen.run_id == run_id
        expect(page.locator("#run-pages")).to_have_text(f"{done} of 20 pages")
        expect(page.locator("#run-left")).to_contain_text("left")
        seen.expect_state("Plan Pages", "done")
        seen.expect_state("Write Pages", "running")
        seen.expect_state("Compose File", "waiting")
        expect(seen.state("Write Pages")).to_contain_text(f"{done} / 20 pages")
        seen.press("Cancel")
    # The cancellation waits for the pages in progress.
    seen.expect_status("cancelled")
    seen.expect_state("Write Pages", "stopped")
    expect(page.locator("#audit")).to_contain_text("cancelled an export")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    seen.press("Retry")
    seen.expect_status("completed")
    expect(page.locator("#run-attempt")).to_have_text("2")
    seen.expect_state("Run Completed", "done")
    text = tenant.download(run_id)
    assert tenant.assert_file_equals_database(text) == 3_000


def test_a_killed_worker_is_shown_and_its_page_retried(
    make_tenant: Make,
    visit: Open,
    frozen: Callable[..., Any],
    visible_workers: None,
) -> None:
    tenant = make_tenant(invoices=3_000)
    seen = visit(tenant)
    with frozen() as freezer:
        seen.press("Export invoices")
        seen.expect_state("Write Page", "running")
        freezer.wait_for_writer()
        seen.page.get_by_role("button", name="Kill the workers").click()
        expect(seen.page.locator("#tool-result")).to_contain_text("Killed")
        # The graph is loaded only while it is in view.
        seen.state("Write Page").scroll_into_view_if_needed()
        expect(seen.state("Write Page")).to_contain_text("failure")
        seen.state("Write Page").click()
        detail = seen.page.locator("#graph-detail")
        expect(detail).to_contain_text("Runtime.ExitError")
    seen.expect_status("completed")
    seen.expect_state("Write Pages", "done")
    assert tenant.watch(seen.run_id)["attemptCount"] == 1


def test_a_failure_says_what_to_do_and_can_be_retried(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=0)
    seen = visit(tenant)
    seen.press("Export invoices")
    seen.expect_status("failed")
    expect(seen.page.locator("#run-summary")).to_contain_text("Create an invoice")
    seen.expect_state("Plan Pages", "failed")
    seen.expect_state("Run Failed", "failed")
    seen.state("Plan Pages").click()
    detail = seen.page.locator("#graph-detail")
    expect(detail).to_contain_text("EmptyResultSetError")
    run_id = seen.run_id
    with connect_as_owner(tenant.stack.laptop) as connection:
        act_for(connection.cursor(), tenant.id)
        add_invoices(connection.cursor(), tenant.id, 12)
    seen.press("Retry")
    seen.expect_status("completed")
    assert seen.run_id == run_id
    expect(seen.page.locator("#run-attempt")).to_have_text("2")
    expect(seen.page.locator("#run-rows")).to_have_text("12")


def test_a_viewer_can_watch_but_not_export(make_tenant: Make, visit: Open) -> None:
    tenant = make_tenant(invoices=10, roles=("owner", "viewer"))
    run_id = tenant.start()
    tenant.wait(run_id)
    seen = visit(tenant, tenant.users[1])
    page = seen.page
    expect(page.locator("#export")).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#export-refusal")).to_contain_text("Your role here is viewer")
    page.locator("#export").dispatch_event("click")
    seen.expect_status("completed")
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    with page.expect_download():
        seen.press("Download")
    assert len(tenant.http().get(tenant.path).json()["exports"]) == 1


def test_an_export_belongs_to_the_chosen_user(make_tenant: Make, visit: Open) -> None:
    tenant = make_tenant(invoices=10, roles=("owner", "member"))
    seen = visit(tenant)
    seen.press("Export invoices")
    seen.expect_status("completed")
    first = seen.run_id
    seen.page.get_by_label("Signed in as").select_option(tenant.users[1])
    expect(seen.page.locator("#user .role")).to_have_text("member")
    seen.press("Export invoices")
    expect(seen.page.locator("#recent a")).to_have_count(2)
    # The list may show the run before its start is answered.
    expect(seen.page.locator("#run-id")).not_to_have_text(first)
    seen.expect_status("completed")
    runs = tenant.http().get(tenant.path).json()["exports"]
    assert {run["requestedBy"] for run in runs} == set(tenant.users)


def test_the_last_state_stays_during_an_outage(
    make_tenant: Make, visit: Open, frozen: Callable[..., Any]
) -> None:
    tenant = make_tenant(invoices=3_000)
    seen = visit(tenant)
    page = seen.page
    with frozen():
        seen.press("Export invoices")
        seen.expect_status("running")
        expect(page.locator("#run-pages")).to_contain_text("of 20 pages")
        page.route("**/api/**", lambda route: route.abort())
        expect(page.locator("#run-stale")).to_contain_text("may be out of date")
        assert seen.status == "running"
        expect(page.locator("#run-pages")).to_contain_text("of 20 pages")
        page.unroute("**/api/**")
        expect(page.locator("#run-stale")).to_be_hidden()
    seen.expect_status("completed")
    expect(page.locator("#run-stale")).to_be_hidden()


def test_the_page_works_with_the_keyboard_alone(make_tenant: Make, visit: Open) -> None:
    tenant = make_tenant(invoices=10)
    seen = visit(tenant)
    page = seen.page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    # It is off until the element knows what its user may do.
    expect(page.locator("#export")).to_be_enabled()
    page.locator("#export").focus()
    page.keyboard.press("Enter")
    seen.expect_status("completed")
    expect(page.locator("#announcer")).to_contain_text("Export completed")
    seen.state("Plan Pages").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#graph-detail h3")).to_contain_text("Plan Pages")
    expect(seen.state("Plan Pages")).to_be_focused()
