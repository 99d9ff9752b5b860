"""Serves the inspector's files, which lie beside the handler."""

from http import HTTPStatus
from mimetypes import guess_type
from pathlib import Path

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from invoice_export.errors import NotFoundError

router = Router()

# No inline script, no third party: what the page may do is spelled out.
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' data:; connect-src 'self'; font-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@router.get("/inspector", include_in_schema=False)
def index() -> Response[bytes]:
    return _serve("index.html")


@router.get("/inspector/<name>", include_in_schema=False)
def asset(name: str) -> Response[bytes]:
    return _serve(name)


def _serve(name: str) -> Response[bytes]:
    """Answer with one of the folder's own files, whatever ``name`` tries to name."""
    folder: Path = router.context["inspector"]
    known = {path.name: path for path in folder.glob("*") if path.is_file()}
    if name not in known:
        raise NotFoundError("There is no such page.")
    return Response(
        HTTPStatus.OK,
        content_type=guess_type(name)[0] or "application/octet-stream",
        headers=dict(SECURITY),
        body=known[name].read_bytes(),
    )
