"""Links to the inspector that name no run, and what they must not reach."""

from collections.abc import Callable
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.conftest import Tenant

pytestmark = pytest.mark.page

Make = Callable[..., Tenant]
Open = Callable[..., Visit]

RUN = "01a20c7e-de4f-7903-bda6-887bcf07d542"


def api_paths(seen: Visit) -> list[str]:
    """Collect the path and query of each API request from now on."""
    paths: list[str] = []

    def note(url: str) -> None:
        parts = urlsplit(url)
        if "/api/" in parts.path:
            path = parts.path.partition("/api/")[2]
            paths.append(f"{path}?{parts.query}" if parts.query else path)

    seen.page.on("request", lambda request: note(request.url))
    return paths


@pytest.mark.parametrize("run", ["../audit-logs", f"{RUN}?x", ""])
def test_a_link_without_a_run_id_shows_no_such_export(
    make_tenant: Make, visit: Open, run: str
) -> None:
    tenant = make_tenant(invoices=0)
    seen = visit(tenant)
    paths = api_paths(seen)
    url = seen.page.url.partition("?")[0]
    seen.page.goto(f"{url}?organization={tenant.id}&run={quote(run, safe='')}")
    expect(seen.page.locator("#run-summary")).to_contain_text("no such export")
    expect(seen.page.locator("#audit-empty")).to_contain_text("No audit records")
    for button in ("Download", "Cancel", "Retry", "Copy link"):
        expect(seen.page.get_by_role("button", name=button)).to_be_hidden()
    assert set(paths) == {
        "me",
        f"organizations/{tenant.id}/datasets",
        f"organizations/{tenant.id}/exports?limit=20",
        f"organizations/{tenant.id}/audit-logs?limit=20",
    }


def test_a_link_without_a_run_id_stays_when_there_is_an_export_of_today(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=10)
    tenant.wait(tenant.start())
    seen = visit(tenant, query=f"?organization={tenant.id}&run=latest")
    expect(seen.page.locator("#recent a")).to_have_count(1)
    expect(seen.page.locator("#run-summary")).to_contain_text("no such export")
    seen.page.locator("#recent a").click()
    seen.expect_status("completed")


def test_opening_the_run_that_is_shown_keeps_all_that_is_known_of_it(
    make_tenant: Make, visit: Open
) -> None:
    tenant = make_tenant(invoices=10)
    run_id = tenant.start()
    tenant.wait(run_id)
    seen = visit(tenant)
    seen.expect_state("Run Completed", "done")
    seen.page.locator("#recent a").click()
    seen.page.wait_for_url(f"**run={run_id}")
    expect(seen.page.locator("#run-meta")).to_contain_text("Requested by")
    seen.expect_state("Run Completed", "done")
    seen.page.go_back()
    expect(seen.page.locator("#run-meta")).to_contain_text("Requested by")
    seen.expect_status("completed")
    seen.expect_state("Run Completed", "done")


def test_a_run_id_in_capitals_is_the_same_run(make_tenant: Make, visit: Open) -> None:
    tenant = make_tenant(invoices=10)
    run_id = tenant.start()
    seen = visit(tenant, query=f"?organization={tenant.id}&run={run_id.upper()}")
    seen.expect_status("completed")
    assert seen.run_id == run_id


@pytest.mark.parametrize("organization", ["", "../me"])
def test_a_link_to_no_organisation_of_yours_shows_your_own(
    make_tenant: Make, visit: Open, organization: str
) -> None:
    tenant = make_tenant(invoices=0)
    seen = visit(tenant)
    paths = api_paths(seen)
    url = seen.page.url.partition("?")[0]
    seen.page.goto(f"{url}?organization={quote(organization, safe='')}&run={RUN}")
    expect(seen.page.locator("#banner")).to_contain_text("not a member of")
    expect(seen.page.locator("#audit-empty")).to_contain_text("No audit records")
    assert all(
        path == "me" or path.startswith(f"organizations/{tenant.id}/") for path in paths
    )
    assert RUN not in "".join(paths)


@pytest.mark.parametrize("url", [None, "javascript:alert(1)"])
def test_a_download_without_a_link_says_so(
    make_tenant: Make, visit: Open, url: str | None
) -> None:
    tenant = make_tenant(invoices=10)
    run_id = tenant.start()
    tenant.wait(run_id)
    seen = visit(tenant, query=f"?organization={tenant.id}&run={run_id}")
    seen.expect_status("completed")
    link = {"filename": "invoices.csv"} | ({} if url is None else {"url": url})
    seen.page.route("**/download", lambda route: route.fulfill(json=link))
    requests: list[str] = []
    seen.page.on("request", lambda request: requests.append(request.url))
    seen.press("Download")
    expect(seen.page.locator("#notice")).to_contain_text("no download link")
    assert not [request for request in requests if "undefined" in request]


def test_a_fragment_does_not_reload_the_run(make_tenant: Make, visit: Open) -> None:
    tenant = make_tenant(invoices=10)
    tenant.wait(tenant.start())
    seen = visit(tenant)
    seen.expect_status("completed")
    page = seen.page
    page.locator(".skip").focus()
    page.evaluate(
        "() => { globalThis.moved = new Promise(done =>"
        " addEventListener('hashchange', () => done())); }"
    )
    before = page.locator("#recent a").first.element_handle()
    page.keyboard.press("Enter")
    page.evaluate("() => globalThis.moved")
    assert page.url.endswith("#main")
    assert before is not None
    assert before.evaluate("link => link.isConnected")
    assert seen.status == "completed"
