"""The options: dataset, columns and filters, remembered and estimated."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.conftest import Tenant

pytestmark = pytest.mark.page

Make = Callable[..., Tenant]
Open = Callable[..., Visit]

MARKED = "Correct the fields that are marked."


def opened(seen: Visit) -> Page:
    """Open the options and wait for the first estimate."""
    seen.page.locator("#options summary").click()
    expect(seen.page.locator("#estimate")).not_to_have_text(" ")
    return seen.page


def test_chosen_options_are_estimated_exported_told_and_remembered(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=60)
    seen = visit(tenant)
    page = opened(seen)
    expect(page.locator("#estimate")).to_contain_text("60 rows, 2 pages")
    page.get_by_label("Due", exact=True).uncheck()
    page.get_by_role("button", name="Move up: Number").click()
    # The button keeps the focus where it has moved to.
    expect(page.get_by_role("button", name="Move down: Number")).to_be_enabled()
    page.get_by_label("sent", exact=True).check()
    page.get_by_label("Format").select_option("csv.gz")
    expect(page.locator("#run-about")).to_contain_text("status sent · 7 columns")
    seen.press("Export invoices")
    seen.expect_status("completed")
    told = "Invoices · status sent · 7 columns · csv.gz"
    expect(page.locator("#run-asked")).to_have_text(told)
    expect(page.locator("#recent a").first).to_contain_text(told)
    run = tenant.watch(seen.run_id)
    assert run["request"]["columns"][:2] == ["number", "id"]
    assert run["request"]["filters"] == {"status": {"in": ["sent"]}}
    page.reload()
    expect(page.locator("#run-about")).to_contain_text("status sent · 7 columns")
    opened(seen)
    page.get_by_role("button", name="Clear options").click()
    expect(page.locator("#run-about")).to_contain_text("All rows")


def test_format_says_whom_it_is_for_and_names_the_download(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=10)
    seen = visit(tenant, timezone_id="Europe/Berlin")
    page = opened(seen)
    written_for = page.get_by_label("Written for")
    expect(written_for).to_be_visible()
    page.get_by_label("Format").select_option("Excel workbook")
    expect(page.locator(".option-about")).to_contain_text("real numbers and dates")
    expect(written_for).to_be_hidden()
    assert saved(seen, "Export invoices").name.endswith(".xlsx")
    page.get_by_label("Format").select_option("CSV")
    written_for.select_option("European spreadsheets")
    expect(page.locator(".option-about")).to_contain_text("Semicolons")
    file = saved(seen, "Export invoices")
    assert file.name.endswith(".csv")
    assert file.read_bytes().startswith(b"\xef\xbb\xbfid;number;")
    # The times of the last row, in the viewer's zone.
    assert file.read_bytes().rstrip().endswith((b"+01:00", b";"))


def saved(seen: Visit, button: str) -> Path:
    """Export, and download the file under the name that the browser gets."""
    before = seen.page.locator("#run-id").inner_text()
    seen.press(button)
    expect(seen.page.locator("#run-id")).not_to_have_text(before)
    seen.expect_status("completed")
    with seen.page.expect_download() as download:
        seen.press("Download")
    file = Path(download.value.path())
    return file.rename(file.with_name(download.value.suggested_filename))


def test_another_dataset_has_its_own_form_and_button(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=10)
    tenant.wait(tenant.start())
    seen = visit(tenant)
    page = opened(seen)
    page.get_by_label("What to export").select_option("Audit log")
    expect(page.get_by_role("group", name="Actor")).to_be_visible()
    expect(page.get_by_role("group", name="Status")).to_have_count(0)
    seen.press("Export audit log")
    expect(page.locator("#run-asked")).to_have_text("Audit log")
    seen.expect_status("completed")


def test_refused_values_are_marked_at_their_field(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=10)
    seen = visit(tenant)
    page = opened(seen)
    total = page.get_by_role("group", name="Total")
    total.get_by_label("at least").fill("ten")
    expect(total.locator(".field-error")).to_contain_text("decimal")
    expect(page.locator("#estimate")).to_have_text(
        "Correct the fields that are marked."
    )
    seen.press("Export invoices")
    expect(page.locator("#notice")).to_have_text("Correct the fields that are marked.")
    assert tenant.http().get(tenant.path).json()["exports"] == []
    total.get_by_label("at least").fill("")
    expect(total.locator(".field-error")).to_be_hidden()


def test_filters_that_match_nothing_are_told_before_and_after(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=10)
    seen = visit(tenant)
    page = opened(seen)
    page.get_by_label("Number: text").fill("none of these")
    expect(page.locator("#estimate")).to_contain_text("Nothing matches")
    seen.press("Export invoices")
    seen.expect_status("failed")
    expect(page.locator("#run-summary")).to_contain_text("match the filters")


def test_an_estimate_that_fails_does_not_keep_from_exporting(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=10)
    seen = visit(tenant)

    def refuse(route: Route) -> None:
        route.fulfill(status=503, json={"title": "x", "status": 503})

    seen.page.route("**/exports/estimate", refuse)
    page = opened(seen)
    expect(page.locator("#estimate")).to_contain_text("No estimate")
    seen.press("Export invoices")
    seen.expect_status("completed")


def test_options_fit_a_phone_and_the_keyboard(make_tenant: Make, visit: Open) -> None:
    tenant = make_tenant(invoices=10)
    seen = visit(tenant, viewport={"width": 360, "height": 740})
    page = seen.page
    expect(page.locator("#options summary")).to_be_visible()
    page.locator("#options summary").focus()
    page.keyboard.press("Enter")
    # The fields arrive later than their heading; focus moves only to what is there.
    expect(page.get_by_label("What to export")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_label("What to export")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
