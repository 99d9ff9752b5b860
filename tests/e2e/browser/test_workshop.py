"""The workshop and the mailbox, used by sample users (D16 in tests/README.md)."""

import re
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from local.issuer import Issuer
from local.postgres import Postgres
from tests.e2e.conftest import Stack

pytestmark = pytest.mark.page

USERS = {
    "org_acme": "user_alice",
    "org_globex": "user_dave",
    "org_initech": "user_erin",
}


@pytest.fixture
def page(browser: Browser, running_stack: Stack) -> Iterator[Page]:
    """The inspector, open for Alice, with the real workshop."""
    wait_for_free_lanes(running_stack)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(running_stack.facts["inspector_url"])
    expect(page.locator("#workshop")).to_be_visible()
    expect(page.get_by_label("Signed in as")).to_have_value("user_alice")
    yield page
    page.close()
    assert errors == []


def tool(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{name}")).click()


def result_of_tool(page: Page) -> str:
    expect(page.locator("#tool-result")).not_to_have_text(
        re.compile(r"^(Working …|\s*)$")
    )
    return page.locator("#tool-result").inner_text()


def expect_status(page: Page, status: str) -> None:
    expect(page.locator("#run")).to_have_attribute("data-status", status)


def run_an_export(page: Page) -> None:
    """Export to the end, whatever completed run was shown before."""
    tool(page, "Simulate: completed")
    expect(page.locator("#tool-result")).to_contain_text("Started")
    (run_id,) = parse_qs(urlsplit(page.url).query)["run"]
    expect(page.locator("#run-id")).to_have_text(run_id)
    expect_status(page, "completed")


def exports(stack: Stack, organization: str) -> list[dict[str, object]]:
    path = f"organizations/{organization}/exports"
    http = stack.client(USERS[organization])
    runs: list[dict[str, object]] = http.get(path).json()["exports"]
    return runs


def wait_for_free_lanes(stack: Stack) -> None:
    """Wait for runs that other tests started in the sample organisations."""
    deadline = time.monotonic() + 60
    for organization in USERS:
        while {"queued", "running"} & {
            run["status"] for run in exports(stack, organization)
        }:
            assert time.monotonic() < deadline, f"{organization} has open runs"
            time.sleep(0.2)


def test_d16_two_starts_in_one_organisation_are_two_runs_in_its_lane(
    page: Page, running_stack: Stack
) -> None:
    before = {run["runId"] for run in exports(running_stack, "org_acme")}
    tool(page, "Two in one organisation")
    assert sorted(re.findall(r"queued|running", result_of_tool(page))) == [
        "queued",
        "running",
    ]
    expect_status(page, "completed")
    new = [r for r in exports(running_stack, "org_acme") if r["runId"] not in before]
    assert {run["requestedBy"] for run in new} == {"user_alice", "user_bob"}


def test_d16_three_organisations_run_in_parallel(
    page: Page, running_stack: Stack
) -> None:
    before = len(exports(running_stack, "org_globex"))
    tool(page, "Three organisations")
    assert re.findall(r"(\w+ \w+): running", result_of_tool(page)) == [
        "Alice Archer",
        "Dave Dyer",
        "Erin Eaton",
    ]
    expect_status(page, "completed")
    assert len(exports(running_stack, "org_globex")) == before + 1


def test_simulated_runs_wait_until_they_are_cancelled(
    page: Page, running_stack: Stack
) -> None:
    tool(page, "Simulate: running 3 of 7")
    expect_status(page, "running")
    expect(page.locator("#run-pages")).to_have_text("3 of 7 pages")
    tool(page, "Simulate: queued")
    expect_status(page, "queued")
    expect(page.locator("#run-summary")).to_contain_text("Next in line")
    page.locator("#recent a", has_text="3 of 7").click()
    expect_status(page, "running")
    page.get_by_role("button", name="Cancel").click()
    expect_status(page, "cancelled")
    page.get_by_role("button", name="Retry").click()
    expect_status(page, "completed")
    expect(page.locator("#run-rows")).to_have_text("240")
    expect(page.locator("#recent a", has_text="Queued")).to_have_count(0)


def test_the_page_says_that_a_suppressed_address_gets_no_mail(
    page: Page, running_stack: Stack
) -> None:
    tool(page, "Suppress me")
    assert "suppressed" in result_of_tool(page)
    try:
        run_an_export(page)
        expect(page.locator("#run-email")).to_have_text(
            "not sent: the address is suppressed"
        )
        run_id = page.locator("#run-id").inner_text()
        assert running_stack.mails(run_id) == []
    finally:
        tool(page, "Suppress me")
    expect(page.locator("#tool-result")).to_contain_text("you get e-mails again")


def test_the_mailbox_shows_mail_in_a_sandboxed_frame(
    page: Page, running_stack: Stack
) -> None:
    run_an_export(page)
    mail = page.locator("#mails button").first
    expect(mail).to_contain_text("Acme Inc.")
    mail.click()
    frame = page.frame_locator("#mail iframe")
    expect(frame.locator("body")).to_contain_text("Hello Alice Archer")
    sandbox = page.locator("#mail iframe").get_attribute("sandbox")
    assert "allow-scripts" not in str(sandbox)
    assert "allow-same-origin" not in str(sandbox)


def test_people_go_by_their_names(page: Page) -> None:
    run_an_export(page)
    expect(page.locator("#run-meta")).to_contain_text("Requested by Alice Archer")
    expect(page.locator("#recent a").first).to_contain_text("Alice Archer · 240 rows")
    requested = page.locator("#audit li", has_text="Alice Archer requested an export")
    expect(requested.first).to_be_visible()
    for name in ("recent", "audit", "run-meta"):
        expect(page.locator(f"#{name}")).not_to_contain_text("user_")


def test_a_mail_that_could_not_be_loaded_is_shown_later(page: Page) -> None:
    run_an_export(page)
    expect(page.locator("#mails button").first).to_be_visible()
    page.route("**/mails/*/html", lambda route: route.abort())
    page.reload()
    expect(page.locator("#mail")).to_contain_text("cannot be loaded")
    page.unroute("**/mails/*/html")
    frame = page.frame_locator("#mail iframe")
    expect(frame.locator("body")).to_contain_text("Hello Alice Archer")


def test_the_newest_mail_takes_the_place_of_one_that_is_gone(page: Page) -> None:
    run_an_export(page)
    mails = page.locator("#mails button")
    expect(page.locator("#mail iframe")).to_have_count(1)
    headers = {"Access-Control-Allow-Origin": "*"}

    def no_mails(route: Route) -> None:
        route.fulfill(json={"mails": []}, headers=headers)

    page.route(re.compile("/mails$"), no_mails)
    expect(page.locator("#mails-empty")).to_be_visible()
    expect(page.locator("#mail iframe")).to_have_count(0)
    page.unroute(re.compile("/mails$"))
    expect(mails.first).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#mail iframe")).to_have_count(1)


def test_the_page_survives_a_restart_of_the_database(
    page: Page, own_database: Postgres
) -> None:
    tool(page, "Restart the database")
    assert "recovered" in result_of_tool(page)
    run_an_export(page)


def test_the_page_cannot_act_without_a_token(running_stack: Stack) -> None:
    facts, laptop = running_stack.facts, running_stack.laptop
    path = f"{facts['api_url']}/api/organizations/org_acme/exports"
    assert httpx.post(path).status_code == 401
    dave = {"Authorization": f"Bearer {Issuer(laptop).token('user_dave')}"}
    assert httpx.post(path, headers=dave).status_code == 404
