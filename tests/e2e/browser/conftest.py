"""The inspector, open in a real Chromium."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from local.issuer import Issuer
from local.tenancy import connect_as_owner
from tests.e2e.browser.opened import Opened, close_without_errors
from tests.e2e.conftest import Stack, Tenant

WAITING_WRITERS = """
SELECT count(*) FROM pg_locks
WHERE NOT granted AND relation = 'export_pages'::regclass
"""


@dataclass
class Visit(Opened):
    """One user with the inspector open."""

    tenant: Tenant

    @property
    def status(self) -> str:
        return str(self.page.locator("#run").get_attribute("data-status"))

    def expect_state(self, name: str, status: str) -> None:
        expect(self.state(name)).to_have_attribute("data-status", status)

    def state(self, name: str) -> Any:
        return self.page.locator(f'#graph [data-name="{name}"]')

    @property
    def run_id(self) -> str:
        expect(self.page.locator("#run-id")).not_to_be_empty()
        return self.page.locator("#run-id").inner_text()


@pytest.fixture
def visit(browser: Browser, running_stack: Stack) -> Iterator[Callable[..., Visit]]:
    """Open the inspector as a member of a tenant; fail on any error in it.

    The workshop knows the sample users only, so the tenant's users are stubbed.
    """
    visits: list[Visit] = []

    def open_page(
        tenant: Tenant, user: str | None = None, *, query: str = "", **options: Any
    ) -> Visit:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, **options}
        )
        page = context.new_page()
        seen = Visit(page, tenant)
        _stub_users(page, running_stack, tenant, user or tenant.users[0])
        page.goto(f"{running_stack.facts['inspector_url']}{query}")
        page.locator("#dashboard").wait_for(state="visible")
        visits.append(seen)
        return seen

    yield open_page
    close_without_errors(visits)


def _stub_users(page: Page, stack: Stack, tenant: Tenant, first: str) -> None:
    users = sorted(tenant.users, key=lambda user: user != first)
    people = [
        {
            "userId": user,
            "name": user,
            "organizationId": tenant.id,
            "organizationName": tenant.id,
            "role": "member",
        }
        for user in users
    ]
    headers = {
        "Access-Control-Allow-Origin": stack.laptop.engine_url,
        "Access-Control-Allow-Headers": "*",
    }

    def identities(route: Route) -> None:
        route.fulfill(json={"identities": people}, headers=headers)

    def tokens(route: Route) -> None:
        if route.request.method == "OPTIONS":
            route.fulfill(status=204, headers=headers)
            return
        user = json.loads(route.request.post_data or "{}")["userId"]
        assert user in tenant.users
        token = Issuer(stack.laptop).token(user)
        route.fulfill(json={"token": token}, headers=headers)

    workshop = re.escape(stack.laptop.workshop_url)
    page.route(re.compile(f"{workshop}/identities"), identities)
    page.route(re.compile(f"{workshop}/tokens"), tokens)


@dataclass
class Freezer:
    """Locks the table that records finished pages."""

    connection: psycopg.Connection

    def freeze(self) -> None:
        self.connection.execute("LOCK TABLE export_pages IN SHARE MODE")

    def wait_for_writer(self) -> None:
        """Wait up to a minute for a worker that waits for the lock."""
        deadline = time.monotonic() + 60
        while self.connection.execute(WAITING_WRITERS).fetchone() == (0,):
            assert time.monotonic() < deadline, "no worker waits for the lock"
            time.sleep(0.02)

    def let_through(self, pages: int) -> None:
        """Let this many pages finish, or more: workers that wait precede us."""
        for _ in range(pages):
            self.wait_for_writer()
            self.connection.commit()
            self.freeze()


@pytest.fixture
def frozen(running_stack: Stack) -> Callable[[], AbstractContextManager[Freezer]]:
    """``with frozen() as freezer:`` pages finish only when they are let through."""

    @contextmanager
    def freeze() -> Iterator[Freezer]:
        with connect_as_owner(running_stack.laptop) as connection:
            freezer = Freezer(connection)
            freezer.freeze()
            yield freezer

    return freeze
