"""The examples on a web site of somebody else, open in Chromium."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator

from local.config import ROOT
from local.issuer import Issuer
from tests.e2e.browser.host_page import HostPage
from tests.e2e.browser.opened import Opened, close_without_errors
from tests.e2e.conftest import Stack, Tenant

EXAMPLES = ROOT / "web" / "examples"


@pytest.fixture(scope="session")
def built_examples(
    deployed_stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The examples, built for this stack as a developer builds them."""
    vite = EXAMPLES / "node_modules" / ".bin" / "vite"
    assert vite.exists(), "run `make web-examples`"
    folder = tmp_path_factory.mktemp("examples")
    subprocess.run(
        [vite, "build", "--outDir", folder, "--emptyOutDir", "--logLevel", "warn"],
        cwd=EXAMPLES,
        env={**os.environ, "VITE_EXPORT_URL": deployed_stack.facts["api_url"]},
        check=True,
    )
    return folder


@dataclass
class Guest(Opened):
    """One user on a page that is not ours."""

    host: HostPage

    @property
    def element(self) -> Locator:
        return self.page.locator("invoice-export")

    @property
    def run_id(self) -> str:
        return str(self.element.evaluate("(element) => element.current.runId"))


Visit = Callable[..., Guest]
Site = Callable[[Path], AbstractContextManager[HostPage]]


@pytest.fixture
def site(running_stack: Stack) -> Site:
    """Return what serves a folder at the one origin that the stack allows."""

    @contextmanager
    def serve(folder: Path) -> Iterator[HostPage]:
        laptop = running_stack.laptop
        host = HostPage(laptop.cors_origin, folder, api=laptop.engine_url)
        try:
            yield host
        finally:
            host.close()

    return serve


@pytest.fixture
def host(site: Site, built_examples: Path) -> Iterator[HostPage]:
    with site(built_examples) as served:
        yield served


@pytest.fixture
def guest(browser: Browser, running_stack: Stack, host: HostPage) -> Iterator[Visit]:
    """Open an example as a member of a tenant; fail on any error in it."""
    opened: list[Guest] = []

    def open_page(
        tenant: Tenant,
        user: str | None = None,
        *,
        path: str = "/plain/",
        script: str = "",
        **options: Any,
    ) -> Guest:
        issuer = Issuer(running_stack.laptop)
        host.token = lambda: issuer.token(user or tenant.users[0])
        context = browser.new_context(
            **{"viewport": {"width": 900, "height": 800}, **options}
        )
        page = context.new_page()
        seen = Guest(page, host)
        if script:
            page.add_init_script(script)
        page.goto(f"{host.origin}{path}")
        opened.append(seen)
        return seen

    yield open_page
    close_without_errors(opened)
