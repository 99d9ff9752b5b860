"""The API serves the inspector's files and settings."""

import re

import pytest

from tests.fix_api import Call


def test_the_page_is_open_and_strict(api: Call) -> None:
    page = api("GET", "/inspector", as_user=None)
    assert page.status == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy


def test_only_the_issuer_and_its_other_origins_may_be_reached(api: Call) -> None:
    policy = api("GET", "/inspector", as_user=None).headers["content-security-policy"]
    reached = re.search(r"connect-src ([^;]*);", policy)
    assert reached is not None
    assert reached[1].split() == [
        "'self'",
        "https://issuer.example",
        "https://sign-in.example",
    ]
    assert "frame-src 'none'" in policy


def test_assets_are_kept_for_ever_under_their_version(api: Call) -> None:
    page = api("GET", "/inspector", as_user=None)
    version = re.search(r"'(\w+)/a'", page.body)
    assert version is not None
    script = api("GET", f"/inspector/{version[1]}/main.js", as_user=None)
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in script.headers["cache-control"]
    assert "Grüezi" in script.body
    other = api("GET", "/inspector/0123/main.js", as_user=None)
    assert other.headers["cache-control"] == "no-cache"


def test_an_unchanged_page_is_not_sent_again(api: Call) -> None:
    etag = api("GET", "/inspector", as_user=None).headers["etag"]
    again = api("GET", "/inspector", as_user=None, headers={"if-none-match": etag})
    assert again.status == 304


@pytest.mark.parametrize("name", ["..%2Fhandler.py", "handler.py", "index.html"])
def test_nothing_else_of_the_folder_is_served(api: Call, name: str) -> None:
    assert api("GET", f"/inspector/v/{name}", as_user=None).status == 404


def test_the_settings_tell_how_to_sign_in(api: Call) -> None:
    settings = api("GET", "/inspector/config.json", as_user=None)
    assert settings.body == {
        "stage": "aws",
        "issuer": "https://issuer.example/pool",
        "clientId": "inspector",
        "audience": "invoice-export",
        "scope": "openid",
        "signOutUrl": None,
        "workshopUrl": None,
        "consoleUrl": None,
    }


@pytest.mark.parametrize("path", ["/workshop", "/dev/tokens", "/api/dev/tokens"])
def test_there_are_no_dev_routes(api: Call, path: str) -> None:
    for method in ("GET", "POST"):
        assert api(method, path).status == 404
