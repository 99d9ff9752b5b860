"""ETags: an answer that has not changed is not sent again."""

from hashlib import sha256
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware


def conditional(
    app: APIGatewayRestResolver, next_middleware: NextMiddleware
) -> Response[Any]:
    """Name the answer's bytes, and answer 304 to a client that has those already."""
    response = next_middleware(app)
    etag = f'"{sha256(str(response.body).encode()).hexdigest()[:32]}"'
    known = app.current_event.headers.get("if-none-match") or ""
    if etag in known:
        # An empty body, not none: the local engine cannot send none.
        return Response(HTTPStatus.NOT_MODIFIED, body="", headers={"ETag": etag})
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache"
    return response
