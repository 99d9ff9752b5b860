"""Errors as ``application/problem+json`` (RFC 9457), each with a stable code."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestValidationError,
)
from msgspec import UNSET, UnsetType

from invoice_export.api.declarations import PROBLEM_JSON
from invoice_export.contracts.http import FieldError, Problem
from invoice_export.contracts.requests import TAG, allowed_keys
from invoice_export.domain.dataset import Datasets
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.errors import RequestError, TransientError

RETRY_AFTER = {"Retry-After": "2"}


def problem(
    code: ProblemCode,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: list[FieldError] | UnsetType = UNSET,
) -> Response[str]:
    """Return a problem document, with the code's status."""
    body = Problem(
        title=HTTPStatus(code.status).phrase,
        status=code.status,
        detail=detail,
        code=code,
        errors=errors,
    )
    return Response(
        status_code=code.status,
        content_type=PROBLEM_JSON,
        headers={"Cache-Control": "no-store", **(headers or {})},
        body=body.dump_json(),
    )


def refused(error: RequestError) -> Response[str]:
    """Return the problem of an error whose text is for the caller."""
    headers = dict(error.headers)
    if error.code is ProblemCode.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.code, error.detail, headers=headers)


def unavailable(error: TransientError) -> Response[str]:
    """Return the problem of a failure that passes."""
    return problem(
        ProblemCode[error.code],
        "The service is recovering. Send the same request again in a moment.",
        headers=RETRY_AFTER,
    )


def invalid(error: RequestValidationError, datasets: Datasets) -> Response[str]:
    """Return the problem of a request with bad values, field by field."""
    fields = [
        FieldError(field=_field(item), message=_message(item, datasets))
        for item in error.errors()
    ]
    return problem(
        ProblemCode.INVALID_REQUEST,
        "Some values of the request are not acceptable. See 'errors'.",
        errors=fields,
    )


def _field(item: Mapping[str, Any]) -> str:
    """Return the place of the value, as a path into the request."""
    place = [str(part) for part in item["loc"] if not _is_tag(part)]
    if item["type"] == "unknown_dataset":
        place.append("dataset")
    place += item.get("ctx", {}).get("inside", ())
    return ".".join(place)


def _message(item: Mapping[str, Any], datasets: Datasets) -> str:
    place = tuple(item["loc"])
    if item["type"] == "extra_forbidden" and place[:1] == ("body",):
        allowed = allowed_keys(datasets, place[:-1])
        if allowed:
            return f"There is no such key here. Allowed: {', '.join(allowed)}"
    message: str = item["msg"]
    return message


def _is_tag(part: object) -> bool:
    return isinstance(part, str) and part.startswith(TAG)
