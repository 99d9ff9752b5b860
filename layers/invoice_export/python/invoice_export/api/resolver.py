"""Powertools' resolver, extended: callers are admitted first; HEAD and 405."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aws_lambda_powertools.event_handler import (
    APIGatewayRestResolver,
    CORSConfig,
    Response,
)
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from invoice_export.api.access import admit
from invoice_export.api.body import read_body

# What stands in an encoded path as it is.
# https://www.rfc-editor.org/rfc/rfc3986#section-3.3
PATH_CHARACTERS = "/%-._~!$&'()*+,;=:@"


class Resolver(APIGatewayRestResolver):
    """Routes requests; the context has ``head`` while it answers HEAD."""

    def __init__(self, *, cors: CORSConfig | None) -> None:
        super().__init__(enable_validation=True, cors=cors)
        self._request_validation_middleware = _Gatekeeper(self)

    def resolve(
        self, event: Mapping[str, Any], context: LambdaContext
    ) -> dict[str, Any]:
        """Answer a request; HEAD as GET, without the body."""
        # Not every gateway leaves a path encoded, and a route matches no quotes.
        path = quote(event["path"], safe=PATH_CHARACTERS, errors="replace")
        event = {**event, "path": path}
        head = event["httpMethod"] == "HEAD"
        self.append_context(head=head)
        if not head:
            return super().resolve(event, context)
        # An empty body, not none: the local engine cannot send none.
        answer = super().resolve({**event, "httpMethod": "GET"}, context)
        return {**answer, "body": "", "isBase64Encoded": False}

    def methods_of(self, path: str) -> set[str]:
        """Return the methods that a path has; none if there is no such path."""
        routes = [*self._static_routes, *self._dynamic_routes]
        methods = {route.method for route in routes if route.rule.match(path)}
        return methods | ({"HEAD"} if "GET" in methods else set())


class _Gatekeeper(OpenAPIRequestValidationMiddleware):
    """Admits the caller before Powertools reads anything of the request.

    It also replaces Powertools' reader of bodies, which compares media types by case,
    accepts forms, and fails on deep nesting, long numbers and broken base64.
    """

    def __init__(self, resolver: Resolver) -> None:
        super().__init__()
        self._resolver = resolver

    def handler(
        self, app: ApiGatewayResolver, next_middleware: NextMiddleware
    ) -> Response[Any]:
        event = app.current_event
        known = event.http_method in self._resolver.methods_of(event.path)
        # A method that the path lacks needs no role: it is answered with 405.
        admit(self._resolver, acting=known and event.http_method != "GET")
        return super().handler(app, next_middleware)

    def _get_body(self, app: ApiGatewayResolver) -> Any:
        return read_body(app.current_event)
