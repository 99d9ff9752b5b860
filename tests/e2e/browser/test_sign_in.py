"""Sign-in as on AWS: the real page and API with an OIDC provider, no workshop."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.assets import copy_inspector
from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.api.app import build_app
from invoice_export.api.inspector import Site
from invoice_export.api.service import Service
from invoice_export.contracts.inspector import InspectorConfig
from tests.driver import DATASETS
from tests.e2e.browser.provider import AUDIENCE, CLIENT_ID, Provider
from tests.fix_api import CONTEXT, gateway_event
from tests.fix_world import World

pytestmark = pytest.mark.page


@pytest.fixture
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    made = Provider()
    made.cognito = getattr(request, "param", "") == "cognito"
    yield made
    made.close()


@pytest.fixture
def inspector_url(world: World, provider: Provider, tmp_path: Path) -> Iterator[str]:
    """Serve the API and the inspector over plain HTTP, configured as on AWS."""
    copy_inspector(tmp_path / "inspector")
    audience = CLIENT_ID if provider.cognito else AUDIENCE
    service = Service(
        db=world.db,
        files=world.files,
        executions=world.executions,
        histories=world.histories,
        tokens=TokenVerifier(
            issuer=provider.url, audience=audience, jwks_url=provider.jwks_url
        ),
        policy=world.lane,
        pages=world.pages,
    )
    site = Site(
        tmp_path / "inspector",
        InspectorConfig(
            stage="aws",
            issuer=provider.url,
            client_id=CLIENT_ID,
            audience=audience,
            scope="openid profile offline_access",
            sign_out_url=f"{provider.url}/logout" if provider.cognito else None,
            workshop_url=None,
            console_url="https://console.example/#/v2/executions/details/",
        ),
    )
    app = build_app(DATASETS)
    # Like a Lambda worker, which handles one request at a time.
    one_at_a_time = threading.Lock()

    class Gateway(BaseHTTPRequestHandler):
        def answer(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            event = gateway_event(
                self.command,
                url.path,
                headers={name.lower(): value for name, value in self.headers.items()},
                query=dict(parse_qsl(url.query)),
                body=self.rfile.read(length).decode() or None,
            )
            with one_at_a_time:
                app.append_context(service=service, site=site)
                answer: dict[str, Any] = app.resolve(event, CONTEXT)  # type: ignore[arg-type]
            body = (answer.get("body") or "").encode()
            self.send_response(answer["statusCode"])
            for name, values in answer.get("multiValueHeaders", {}).items():
                self.send_header(name, ", ".join(values))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/inspector"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def sign_in(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#dashboard")).to_be_visible()


def test_sign_in_with_pkce_returns_to_the_linked_run(
    page: Page, inspector_url: str, provider: Provider, world: World
) -> None:
    run = world.start().run
    world.run_to_end(run.ref)
    query = f"?organization=org_acme&run={run.id}"
    sign_in(page, inspector_url + query)
    expect(page.locator("#run")).to_have_attribute("data-status", "completed")
    assert page.url == inspector_url + query
    request = provider.authorizations[0]
    assert request["response_type"] == "code"
    assert request["code_challenge_method"] == "S256"
    assert request["audience"] == AUDIENCE
    assert "user_alice" not in page.url
    expect(page.locator("#user")).to_contain_text("Sign out")
    expect(page.locator("#stage")).to_be_hidden()
    expect(page.locator("#workshop")).to_be_hidden()
    expect(page.locator("#mailbox")).to_be_hidden()


def test_tokens_stay_in_the_tab(
    page: Page, inspector_url: str, provider: Provider
) -> None:
    sign_in(page, inspector_url)
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []
    page.reload()
    expect(page.locator("#dashboard")).to_be_visible()
    assert len(provider.authorizations) == 1


def test_a_token_is_renewed_before_it_expires(
    page: Page, inspector_url: str, provider: Provider
) -> None:
    # The library renews a token a minute before it expires.
    provider.lifetime = 62
    sign_in(page, inspector_url)
    loaded = page.evaluate("performance.timeOrigin")
    with page.expect_response(f"{provider.url}/token"):
        pass
    assert provider.refreshed >= 1
    assert page.evaluate("performance.timeOrigin") == loaded
    expect(page.locator("#dashboard")).to_be_visible()


def test_a_refused_token_is_renewed_once(
    page: Page, inspector_url: str, provider: Provider
) -> None:
    provider.stale_by = 7200
    sign_in(page, inspector_url)
    assert provider.refreshed == 1
    expect(page.locator("#recent-empty, #recent a").first).to_be_visible()


def test_a_session_that_cannot_be_renewed_asks_to_sign_in(
    page: Page, inspector_url: str, provider: Provider
) -> None:
    provider.stale_by = 7200
    provider.refuses_refresh = True
    page.goto(inspector_url)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#banner")).to_contain_text("no longer signed in")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_session_that_ends_during_a_run_asks_to_sign_in(
    page: Page, inspector_url: str, provider: Provider, world: World
) -> None:
    run = world.start().run
    sign_in(page, f"{inspector_url}?organization=org_acme&run={run.id}")
    expect(page.locator("#run")).to_have_attribute("data-status", "running")
    provider.refuses_refresh = True
    problem = {"code": "UNAUTHENTICATED", "detail": "A valid bearer token is needed."}
    page.route(
        "**/api/organizations/**",
        lambda route: route.fulfill(status=401, json=problem),
    )
    expect(page.locator("#banner")).to_contain_text("Sign in again")
    expect(page.locator("#dashboard")).to_be_hidden()
    page.unroute("**/api/organizations/**")
    provider.refuses_refresh = False
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#run-id")).to_have_text(str(run.id))


@pytest.mark.parametrize("provider", ["any", "cognito"], indirect=True)
def test_sign_out_ends_the_session_at_the_issuer_too(
    page: Page, inspector_url: str, provider: Provider
) -> None:
    sign_in(page, inspector_url)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert provider.signed_out == 1
    page.reload()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_the_execution_is_linked_to_the_console(
    page: Page, inspector_url: str, world: World
) -> None:
    run = world.start().run
    sign_in(page, f"{inspector_url}?organization=org_acme&run={run.id}")
    link = page.get_by_role("link", name="Open in the Step Functions console")
    arn = world.executions.arn(f"{run.id}-1")
    expect(link).to_have_attribute(
        "href", f"https://console.example/#/v2/executions/details/{arn}"
    )
