"""docs/front-end.md: every listing runs as it stands there."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from local.config import ROOT
from local.issuer import Issuer
from tests.e2e.browser.fix_pages import EXAMPLES, Site
from tests.e2e.browser.opened import PATIENCE_MS
from tests.e2e.conftest import Stack, Tenant

pytestmark = pytest.mark.page

Make = Callable[..., Tenant]

PAGE = (ROOT / "docs" / "front-end.md").read_text("utf-8")
LISTING = re.compile(r"`([\w.]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
LISTINGS: dict[str, str] = dict(LISTING.findall(PAGE))
TYPES = """{"compilerOptions": {"strict": true, "noEmit": true, "target": "es2022",
 "module": "esnext", "moduleResolution": "bundler", "skipLibCheck": false,
 "types": []}, "include": ["main.ts"]}"""


def commands(section: str) -> str:
    """The shell listing of the section whose heading begins like this."""
    (_, _, text) = PAGE.partition(f"\n## {section}")
    found = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert found, section
    return found[1]


def run(folder: Path, *command: str, **variables: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def tenant(make_tenant: Make) -> Tenant:
    return make_tenant(invoices=120)


@pytest.fixture
def variables(tenant: Tenant) -> dict[str, str]:
    token = Issuer(tenant.stack.laptop).token(tenant.users[0])
    return {"EXPORT_URL": tenant.stack.facts["api_url"], "TOKEN": token}


@pytest.fixture(scope="session")
def fresh_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project that has installed the packed package, TypeScript and Vite."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    shutil.copy(ROOT / ".npmrc", folder)
    pack, install = commands("4.").splitlines()
    # `npm pack` would build again what `make setup` has built.
    web = ROOT / "web"
    run(folder, *pack.replace("./web", f"--ignore-scripts {web}").split())
    run(folder, *f"{install} --prefer-offline --no-audit --no-fund".split())
    for name in ("typescript", "vite"):
        source = (EXAMPLES if name == "vite" else ROOT) / "node_modules" / name
        (folder / "node_modules" / name).symlink_to(source)
    return folder


def test_curl_downloads_a_file(
    tenant: Tenant, variables: dict[str, str], tmp_path: Path
) -> None:
    run(tmp_path, "bash", "-euc", commands("2. curl"), **variables)
    text = (tmp_path / "invoices.csv").read_bytes().decode()
    assert tenant.assert_file_equals_database(text) == 120


@pytest.mark.parametrize("name", ["fetch.mjs", "client.mjs"])
def test_a_script_runs_an_export(
    fresh_project: Path, variables: dict[str, str], name: str
) -> None:
    (fresh_project / name).write_text(LISTINGS[name])
    assert run(fresh_project, "node", name, **variables) == "completed 120\n"


def test_the_page_of_the_script_tag_exports(
    variables: dict[str, str],
    browser: Browser,
    running_stack: Stack,
    site: Site,
    tmp_path: Path,
) -> None:
    html = LISTINGS["index.html"].replace("EXPORT_URL", variables["EXPORT_URL"])
    (tmp_path / "index.html").write_text(html)
    (tmp_path / "page.js").write_text(LISTINGS["page.js"])
    shutil.copy(ROOT / "web" / "dist" / "invoice-export.js", tmp_path)
    expect_export(browser, site, tmp_path, variables["TOKEN"])


def test_a_fresh_project_is_typed_built_and_exports(
    variables: dict[str, str],
    browser: Browser,
    site: Site,
    fresh_project: Path,
    tmp_path: Path,
) -> None:
    html = LISTINGS["index.html"].replace("EXPORT_URL", variables["EXPORT_URL"])
    html = re.sub(r'    <script .*src="invoice-export.js".*\n', "", html)
    (fresh_project / "index.html").write_text(html.replace("page.js", "main.ts"))
    (fresh_project / "main.ts").write_text(LISTINGS["main.ts"])
    (fresh_project / "tsconfig.json").write_text(TYPES)
    run(fresh_project, "node", "node_modules/typescript/bin/tsc")
    vite = "node_modules/vite/bin/vite.js"
    run(fresh_project, "node", vite, "build", "--outDir", str(tmp_path / "built"))
    title = expect_export(browser, site, tmp_path / "built", variables["TOKEN"])
    assert title == "120 rows"


def expect_export(browser: Browser, site: Site, folder: Path, token: str) -> str:
    """Serve the folder, export in its page, and return the page's title."""
    with site(folder) as host:
        host.token = lambda: token
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{host.origin}/")
        page.get_by_role("button", name="Export invoices", exact=True).click()
        run_ = page.locator("#run")
        expect(run_).to_have_attribute("data-status", "completed")
        title = page.title()
        page.close()
        return title
