"""Serves the inspector: the files beside the handler, and the settings."""

from functools import cached_property
from hashlib import sha256
from http import HTTPStatus
from importlib import import_module
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from invoice_export.api.conditional import conditional
from invoice_export.api.service import Service
from invoice_export.contracts.inspector import InspectorConfig
from invoice_export.errors import NotFoundError
from invoice_export.records import Record

router = Router()

INDEX = "index.html"
# index.html has this in place of the folder's version, which is part of every asset's
# URL: a changed file has a new URL, and browsers never fetch an unchanged one again.
VERSION_MARK = "{version}"
# It has this in place of the dataset's plural.
MANY_MARK = "{many}"
FOREVER = "public, max-age=31536000, immutable"
ALWAYS_ASK = "no-cache"


class Site(Record, dict=True, kw_only=False):
    """The inspector's folder. Its users sign in at ``origins``."""

    folder: Path
    config: InspectorConfig
    origins: tuple[str, ...] = ()

    @cached_property
    def files(self) -> dict[str, str]:
        """Each file's text. Only text: API Gateway would pass bytes on as base64."""
        found = sorted(path for path in self.folder.glob("*") if path.is_file())
        return {path.name: path.read_text("utf-8") for path in found}

    @cached_property
    def version(self) -> str:
        whole = sha256()
        for name, text in self.files.items():
            whole.update(f"{name}\0{text}\0".encode())
        return whole.hexdigest()[:12]

    @cached_property
    def security(self) -> dict[str, str]:
        """Headers that allow the page no inline script and no third party."""
        workshop = _origins(self.config.workshop_url)
        reached = " ".join(["'self'", *workshop, *self._sign_in_origins])
        framed = " ".join(workshop) or "'none'"
        return {
            "Content-Security-Policy": (
                "default-src 'none'; script-src 'self'; style-src 'self'; "
                f"img-src 'self'; connect-src {reached}; frame-src {framed}; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                "require-trusted-types-for 'script'; trusted-types 'none'"
            ),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }

    @property
    def _sign_in_origins(self) -> list[str]:
        if self.config.client_id is None:
            return []
        return list(dict.fromkeys([*_origins(self.config.issuer), *self.origins]))


def _origins(url: str | None) -> list[str]:
    parts = urlsplit(url or "")
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []


@router.get("/inspector", middlewares=[conditional], include_in_schema=False)
def index() -> Response[str]:
    site = _site()
    headers = {**site.security, "Cache-Control": ALWAYS_ASK}
    if INDEX not in site.files:
        raise NotFoundError("There is no such page.")
    service: Service = router.context["service"]
    page = site.files[INDEX].replace(VERSION_MARK, site.version)
    # Only this page needs the module, with its table of all names of characters.
    escape = import_module("html").escape
    page = page.replace(MANY_MARK, escape(service.db.datasets.default.words.many))
    return _answer(INDEX, page, headers)


@router.get("/inspector/config.json", include_in_schema=False)
def configuration() -> Response[str]:
    site = _site()
    headers = {**site.security, "Cache-Control": ALWAYS_ASK}
    return _answer("config.json", site.config.dump_json(), headers)


@router.get("/inspector/<version>/<name>", include_in_schema=False)
def asset(version: str, name: str) -> Response[str]:
    """Serve a file by its name in the folder, so that ``name`` cannot be a path."""
    site = _site()
    if name not in site.files or name == INDEX:
        raise NotFoundError("There is no such page.")
    cache = FOREVER if version == site.version else ALWAYS_ASK
    headers = {**site.security, "Cache-Control": cache}
    return _answer(name, site.files[name], headers)


def _site() -> Site:
    site: Site = router.context["site"]
    return site


def _answer(name: str, body: str, headers: dict[str, str]) -> Response[str]:
    kind = guess_type(name)[0] or "text/plain"
    return Response(
        HTTPStatus.OK,
        content_type=f"{kind}; charset=utf-8",
        headers=dict(headers),
        body=body,
    )
