"""Puts the API together: routes, access, problems and its OpenAPI description."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import (
    APIGatewayRestResolver,
    CORSConfig,
    Response,
)
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from invoice_export.adapters.run_log import log_failure
from invoice_export.api import inspector, routes, suppressions, webhooks
from invoice_export.api.access import admitted, explain_invalid
from invoice_export.api.problems import problem, refused, unavailable
from invoice_export.errors import RequestError, TransientError

TITLE = "Invoice export"
VERSION = "1.0.0"


def build_app(origins: Sequence[str] = ()) -> APIGatewayRestResolver:
    """Return the resolver; each request brings its ``service`` as context.

    Pages of ``origins`` may call the API from a browser; without any, nobody else's.
    """
    app = APIGatewayRestResolver(enable_validation=True, cors=_cors(origins))
    app.use(middlewares=[admitted])
    app.include_router(routes.router)
    app.include_router(webhooks.router)
    app.include_router(suppressions.router)
    app.include_router(inspector.router)
    app.configure_openapi(
        title=TITLE,
        version=VERSION,
        description="Durable invoice export: start, watch, download.",
        security_schemes={"bearer": HTTPBearer()},
        security=[{"bearer": []}],
    )

    @app.get("/api/openapi.json", include_in_schema=False)
    def describe() -> Response[str]:
        return Response(
            HTTPStatus.OK,
            content_type="application/json",
            body=app.get_openapi_json_schema(),
        )

    app.exception_handler(RequestError)(refused)

    @app.exception_handler(TransientError)
    def recovering(error: TransientError) -> Response[str]:
        log_failure("request refused for now", error)
        return unavailable(error)

    @app.exception_handler(RequestValidationError)
    def invalid_input(error: RequestValidationError) -> Response[str]:
        return explain_invalid(app, error)

    @app.exception_handler(RequestUnsupportedContentType)
    def not_json(_: RequestUnsupportedContentType) -> Response[str]:
        return problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "Send the body as application/json.",
        )

    @app.not_found
    def not_found(_: Exception) -> Response[str]:
        return problem(HTTPStatus.NOT_FOUND, "NOT_FOUND", "There is no such endpoint.")

    @app.exception_handler(Exception)
    def failed(error: Exception) -> Response[Any]:
        log_failure("request failed", error)
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "INTERNAL_ERROR",
            "Something went wrong on our side; it has been logged.",
        )

    return app


def _cors(origins: Sequence[str]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origin=origins[0],
        extra_origins=list(origins[1:]),
        allow_headers=["Idempotency-Key", "If-None-Match"],
        expose_headers=["ETag", "Location", "Retry-After"],
        max_age=3600,
    )
