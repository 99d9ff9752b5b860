"""Takes the pictures of the inspector for the documentation: `make screenshots`.

Pytest does not collect it with the tests, since it writes into the working tree.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from local.tenancy import act_for, connect_as_owner
from tests.e2e.conftest import Stack, Tenant, add_invoices

IMAGES = Path(__file__).parents[3] / "docs" / "images"
ACME = "org_acme"


@pytest.fixture
def acme(running_stack: Stack) -> Tenant:
    return Tenant(ACME, ["user_alice", "user_bob", "user_carol"], running_stack)


@pytest.fixture
def look(browser: Browser, running_stack: Stack) -> Iterator[Callable[..., Page]]:
    pages: list[Page] = []

    def open_page(query: str = "", **options: Any) -> Page:
        size = {"width": 1280, "height": 860}
        page = browser.new_page(**{"viewport": size, **options})
        pages.append(page)
        page.goto(f"{running_stack.facts['inspector_url']}{query}")
        expect(page.locator("#dashboard")).to_be_visible()
        return page

    yield open_page
    for page in pages:
        page.close()


def take(page: Page, name: str, *, only: str | None = None, whole: bool = True) -> None:
    """Take a picture of one card, of the viewport, or of all above the mailbox."""
    # Transitions end, and every poll has caught up with the run.
    page.wait_for_timeout(1500)
    IMAGES.mkdir(exist_ok=True)
    path = str(IMAGES / f"{name}.png")
    if only:
        page.locator(only).screenshot(path=path)
    elif whole:
        page.evaluate("scrollTo(0, 0)")
        below = page.locator("#mailbox").bounding_box()
        size = page.viewport_size
        assert below is not None
        assert size is not None
        area = {"x": 0, "y": 0, "width": size["width"], "height": below["y"]}
        page.screenshot(path=path, full_page=True, clip=area)  # type: ignore[arg-type]
    else:
        page.screenshot(path=path)


def expect_status(page: Page, status: str) -> None:
    expect(page.locator("#run")).to_have_attribute("data-status", status)


def expect_state(page: Page, name: str, status: str) -> None:
    state = page.locator(f'#graph [data-name="{name}"]')
    expect(state).to_have_attribute("data-status", status)


def test_take_all_pictures(
    acme: Tenant, look: Callable[..., Page], frozen: Callable[..., Any]
) -> None:
    page = look()
    expect(page.locator("#recent a").first).to_be_visible()
    take(page, "before")
    page.locator("#export").click()
    expect_status(page, "completed")
    expect_state(page, "Run Completed", "done")
    take(page, "finished-run")
    page.locator("#workshop").scroll_into_view_if_needed()
    expect(page.locator("#mails button").first).to_be_visible()
    expect(page.frame_locator("#mail iframe").locator("p").first).to_be_visible()
    take(page, "mailbox-and-workshop", whole=False)
    dark = look(color_scheme="dark")
    expect_state(dark, "Run Completed", "done")
    dark.locator('#graph [data-name="Write Pages"]').click(position={"x": 60, "y": 12})
    take(dark, "finished-run-dark")

    phone = look(viewport={"width": 360, "height": 740}, device_scale_factor=2)
    expect_status(phone, "completed")
    take(phone, "phone", whole=False)

    _add_rows(acme)
    with frozen() as freezer:
        run_id = acme.start("user_bob")
        freezer.let_through(7)
        page = look(f"?organization={ACME}&run={run_id}")
        expect_state(page, "Write Pages", "running")
        expect(page.locator("#run-left")).to_contain_text("left")
        take(page, "running")
        page.get_by_role("button", name="Kill the workers").click()
        page.locator("#graph").scroll_into_view_if_needed()
        expect_state(page, "Write Page", "retried")
        page.locator('#graph [data-name="Write Page"]').click()
        expect(page.locator("#graph-detail")).to_contain_text("Runtime.ExitError")
        take(page, "retried", only=".card.graph")
        queued = acme.start("user_carol")
        waiting = look(f"?organization={ACME}&run={queued}")
        expect_status(waiting, "queued")
        take(waiting, "queued")
        page.route("**/api/**", lambda route: route.abort())
        expect(page.locator("#run-stale")).to_be_visible()
        take(page, "api-away", only=".card.run")
    acme.wait(run_id)

    frank = Tenant("org_empty", ["user_frank"], acme.stack)
    failed = frank.start()
    frank.wait(failed, "failed")
    page = look()
    page.get_by_label("Signed in as").select_option("user_frank")
    expect_status(page, "failed")
    expect_state(page, "Run Failed", "failed")
    page.locator('#graph [data-name="Plan Pages"]').click()
    take(page, "failed")


def _add_rows(tenant: Tenant) -> None:
    with connect_as_owner(tenant.stack.laptop) as connection:
        act_for(connection.cursor(), tenant.id)
        add_invoices(connection.cursor(), tenant.id, 3_000)
