"""<invoice-export> on somebody else's page: another origin, a strict policy."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from invoice_export.adapters.tokens import LEEWAY_SECONDS
from local.issuer import Issuer
from tests.e2e.browser.fix_pages import Guest, Visit
from tests.e2e.browser.looks import findings
from tests.e2e.conftest import Stack, Tenant

Make = Callable[..., Tenant]
Freeze = Callable[..., Any]

# Keeps the names of the element's events in window.events.
RECORD = """
window.events = [];
for (const name of ["started", "progress", "completed", "failed", "cancelled", "error"])
  addEventListener(`export-${name}`, () => window.events.push(name));
"""
FETCH = """async ([url, init]) => {
  try { return (await fetch(url, init)).status; } catch { return "refused"; }
}"""


def events(seen: Guest) -> list[str]:
    """The events without repetitions of one beside itself."""
    names: list[str] = seen.page.evaluate("window.events")
    return [
        name
        for name, before in zip(names, ["", *names], strict=False)
        if name != before
    ]


@pytest.mark.parametrize("path", ["/plain/", "/react/", "/vue/"])
def test_an_example_exports_from_the_click_to_the_file(
    make_tenant: Make, guest: Visit, path: str
) -> None:
    tenant = make_tenant(invoices=260)
    seen = guest(tenant, path=path, script=RECORD)
    expect(seen.page.locator("#run-summary")).to_contain_text("Press “Export invoices”")
    seen.press("Export invoices")
    seen.expect_status("completed")
    expect(seen.page.locator("#said")).to_have_text("260 rows are ready.")
    assert events(seen) == ["started", "progress", "completed"]
    with seen.page.expect_download() as download:
        seen.press("Download")
    text = Path(download.value.path()).read_bytes().decode()
    assert tenant.assert_file_equals_database(text) == 260


def test_two_pages_export_at_once_and_wait_in_line(
    make_tenant: Make, guest: Visit, frozen: Freeze
) -> None:
    tenant = make_tenant(invoices=300, roles=("owner", "member"))
    with frozen():
        first = guest(tenant)
        first.press("Export invoices")
        first.expect_status("running")
        expect(first.page.locator("#run-pages")).to_contain_text("of 6 pages")
        second = guest(tenant, tenant.users[1])
        second.press("Export invoices")
        second.expect_status("queued")
        expect(second.page.locator("#run-summary")).to_contain_text("Next in line")
    second.expect_status("completed")
    first.expect_status("completed")
    assert first.run_id != second.run_id


def test_an_export_is_cancelled_retried_and_exported_again(
    make_tenant: Make, guest: Visit, frozen: Freeze
) -> None:
    tenant = make_tenant(invoices=3_000)
    seen = guest(tenant, script=RECORD)
    with frozen() as freezer:
        seen.press("Export invoices")
        freezer.let_through(2)
        seen.press("Cancel")
    seen.expect_status("cancelled")
    assert events(seen)[-1] == "cancelled"
    seen.press("Retry")
    seen.expect_status("completed")
    assert events(seen)[-1] == "completed"
    first = seen.run_id
    seen.press("Export again")
    expect(seen.page.locator("#notice")).to_contain_text("Export accepted")
    expect(seen.page.locator("#run-pages")).to_have_text("20 of 20 pages")
    seen.expect_status("completed")
    assert seen.run_id != first


def test_a_token_that_expires_in_mid_run_is_renewed(
    make_tenant: Make, guest: Visit, host: Any, frozen: Freeze
) -> None:
    tenant = make_tenant(invoices=300)
    seen = guest(tenant)
    expect(seen.page.locator("#export")).to_have_text("Export invoices")
    issuer = Issuer(tenant.stack.laptop)
    with frozen():
        seen.press("Export invoices")
        seen.expect_status("running")
        seen.page.reload()
        expires = int(time.time()) - LEEWAY_SECONDS + 4
        host.token = lambda: issuer.token(tenant.users[0], exp=expires)
        seen.page.reload()
        seen.expect_status("running")
        asked = host.asked
        host.token = lambda: issuer.token(tenant.users[0])
        deadline = time.monotonic() + 60
        while host.asked == asked:
            assert time.monotonic() < deadline, "no new token was asked for"
            seen.page.wait_for_timeout(200)
    seen.expect_status("completed")


def test_a_user_without_a_valid_token_has_to_sign_in_again(
    make_tenant: Make, guest: Visit, host: Any
) -> None:
    seen = guest(make_tenant(), script=RECORD)
    expect(seen.page.locator("#export")).to_have_text("Export invoices")
    host.token = lambda: "worn out"
    seen.page.reload()
    seen.expect_status("unavailable")
    expect(seen.page.locator("#run-summary")).to_contain_text("Sign in again")
    assert "error" in events(seen)


def test_an_outage_is_shown_and_overcome(
    make_tenant: Make, guest: Visit, frozen: Freeze
) -> None:
    tenant = make_tenant(invoices=300)
    seen = guest(tenant)
    with frozen():
        seen.press("Export invoices")
        expect(seen.page.locator("#run-pages")).to_contain_text("of 6 pages")
        seen.page.context.set_offline(True)
        expect(seen.page.locator("#run-stale")).to_contain_text("may be out of date")
        expect(seen.page.locator("#run-pages")).to_contain_text("of 6 pages")
        seen.page.context.set_offline(False)
        expect(seen.page.locator("#run-stale")).to_be_hidden()
    seen.expect_status("completed")


def test_a_viewer_reads_why_the_button_is_off(make_tenant: Make, guest: Visit) -> None:
    tenant = make_tenant(roles=("owner", "viewer"))
    seen = guest(tenant, tenant.users[1])
    button = seen.page.locator("#export")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_description(
        "Your role here is viewer: you can watch and download exports. To start one "
        "you need the role member; ask an owner or admin."
    )
    button.dispatch_event("click")
    seen.expect_status("none")


def test_a_failure_in_german_right_to_left_on_a_dark_phone(
    make_tenant: Make, guest: Visit
) -> None:
    seen = guest(
        make_tenant(),
        color_scheme="dark",
        viewport={"width": 360, "height": 740},
        script="""addEventListener("DOMContentLoaded", () => {
          document.documentElement.lang = "de";
          document.documentElement.dir = "rtl";
        });""",
    )
    expect(seen.page.locator("#export")).to_have_text("Invoices exportieren")
    assert findings(seen.page) == []
    seen.page.locator("#export").focus()
    seen.page.keyboard.press("Enter")
    seen.expect_status("failed")
    expect(seen.page.locator("#announcer")).to_contain_text("nichts zu exportieren")
    assert findings(seen.page) == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 360
    places = [
        seen.page.locator(name).evaluate("(e) => e.getBoundingClientRect().x")
        for name in ("#run-status", "#run-summary")
    ]
    assert places == sorted(places, reverse=True)


def test_options_are_chosen_and_theme_and_texts_are_the_pages(
    make_tenant: Make, guest: Visit
) -> None:
    tenant = make_tenant(invoices=10)
    seen = guest(tenant, reduced_motion="reduce")
    page = seen.page
    page.get_by_label("Format").select_option("csv.gz")
    seen.element.evaluate("(element) => { element.texts = { start: 'Get the rows' }; }")
    button = page.get_by_role("button", name="Get the rows")
    assert (
        button.evaluate("(b) => getComputedStyle(b).backgroundColor")
        == "rgb(15, 107, 92)"
    )
    assert button.evaluate("(b) => getComputedStyle(b).borderRadius") == "99px"
    fill = page.locator("#run-bar .fill")
    assert fill.evaluate("(f) => getComputedStyle(f).transitionDuration") == "0s"
    button.click()
    seen.expect_status("completed")
    assert tenant.watch(seen.run_id)["format"] == "csv.gz"
    assert findings(page) == []


def test_the_api_answers_its_configured_origin_only_and_refuses_cookies(
    make_tenant: Make, guest: Visit, running_stack: Stack
) -> None:
    seen = guest(make_tenant())
    url = f"{running_stack.facts['api_url']}/api/me"
    token = seen.host.token()
    with_token = {"headers": {"Authorization": f"Bearer {token}"}}

    def asked(page: Page, init: dict[str, Any]) -> Any:
        return page.evaluate(FETCH, [url, init])

    assert asked(seen.page, with_token) == 200
    assert asked(seen.page, {**with_token, "credentials": "include"}) == "refused"
    elsewhere = seen.page.context.new_page()
    # The same server under another name is another origin.
    elsewhere.goto(f"{seen.host.origin.replace('localhost', '127.0.0.1')}/page.txt")
    assert asked(elsewhere, with_token) == "refused"
