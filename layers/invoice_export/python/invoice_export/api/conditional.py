"""ETags: a client that has the current answer does not get it again."""

from hashlib import sha256
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware


def conditional(
    app: APIGatewayRestResolver, next_middleware: NextMiddleware
) -> Response[Any]:
    """Derive the ETag from the body; answer 304 if the client sent the same one."""
    response = next_middleware(app)
    etag = f'"{sha256(str(response.body).encode()).hexdigest()[:32]}"'
    known = app.current_event.headers.get("if-none-match") or ""
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if etag in known or known.strip() == "*":
        # An empty body, not none: the local engine cannot send none.
        return Response(HTTPStatus.NOT_MODIFIED, body="", headers=headers)
    response.headers |= headers
    return response
