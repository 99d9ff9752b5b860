"""Assembles the API: routes, access, problems and the OpenAPI document."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import CORSConfig, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)

from invoice_export.adapters.run_log import log_failure
from invoice_export.api import inspector, lists, routes, suppressions, webhooks
from invoice_export.api.description import configure, openapi_document
from invoice_export.api.problems import invalid, problem, refused, unavailable
from invoice_export.api.requests import request_routes
from invoice_export.api.resolver import Resolver
from invoice_export.domain.dataset import Datasets
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.errors import (
    DatabaseUnavailableError,
    KeysUnavailableError,
    RequestError,
    TransientError,
    WorkflowUnavailableError,
)


def build_app(datasets: Datasets, origins: Sequence[str] = ()) -> Resolver:
    """Return the resolver. Each request needs ``service`` and ``site`` in its context.

    Requests and the OpenAPI document have a model for each of the datasets.

    Browsers let pages of ``origins`` call the API; pages of its own origin always may.
    """
    app = Resolver(cors=_cors(origins))
    app.include_router(request_routes(datasets))
    app.include_router(routes.router)
    app.include_router(lists.router)
    app.include_router(webhooks.router)
    app.include_router(suppressions.router)
    app.include_router(inspector.router)
    configure(app)

    @app.get("/api/openapi.json", include_in_schema=False)
    def description() -> Response[str]:
        return Response(
            HTTPStatus.OK,
            content_type="application/json",
            body=json.dumps(openapi_document(app, datasets)),
        )

    app.exception_handler(RequestError)(refused)

    @app.exception_handler(
        [DatabaseUnavailableError, KeysUnavailableError, WorkflowUnavailableError]
    )
    def recovering(error: TransientError) -> Response[str]:
        log_failure("request refused for now", error)
        return unavailable(error)

    @app.exception_handler(RequestValidationError)
    def unacceptable(error: RequestValidationError) -> Response[str]:
        return invalid(error, datasets)

    @app.exception_handler(RequestUnsupportedContentType)
    def not_json(_: RequestUnsupportedContentType) -> Response[str]:
        return problem(
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            "Send the body as application/json, in UTF-8.",
        )

    @app.not_found
    def not_found(_: Exception) -> Response[str]:
        methods = ", ".join(sorted(app.methods_of(app.current_event.path)))
        if not methods:
            detail = "There is no such endpoint."
            return problem(ProblemCode.NOT_FOUND, detail)
        return problem(
            ProblemCode.METHOD_NOT_ALLOWED,
            f"This endpoint answers {methods}.",
            headers={"Allow": methods},
        )

    @app.exception_handler(Exception)
    def failed(error: Exception) -> Response[Any]:
        log_failure("request failed", error)
        return problem(
            ProblemCode.INTERNAL_ERROR,
            "Something went wrong on our side. We have logged it.",
        )

    return app


def _cors(origins: Sequence[str]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origin=origins[0],
        extra_origins=list(origins[1:]),
        allow_headers=["Idempotency-Key", "If-None-Match"],
        expose_headers=["Date", "ETag", "Location", "Retry-After"],
        max_age=3600,
    )
