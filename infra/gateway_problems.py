"""The gateway's own refusals, in the form of the API's problems."""

import json
from http import HTTPStatus

from aws_cdk import aws_apigateway as apigateway

ResponseType = apigateway.ResponseType

# Status, title, code, detail. The gateway reports an unknown route as a missing
# authentication token.
UNAUTHENTICATED = (
    401,
    "Unauthorized",
    "UNAUTHENTICATED",
    "Send 'Authorization: Bearer <token>' with a valid token.",
)
FORBIDDEN = (403, "Forbidden", "FORBIDDEN", "This is not allowed.")
NOT_FOUND = (404, "Not Found", "NOT_FOUND", "There is nothing here.")
TOO_MANY = (
    429,
    "Too Many Requests",
    "TOO_MANY_REQUESTS",
    "Too many requests: try again in a moment.",
)
BROKEN = (
    500,
    "Internal Server Error",
    "INTERNAL_ERROR",
    "Something went wrong here: try again.",
)
PROBLEMS: dict[ResponseType, tuple[int, str, str, str]] = {
    ResponseType.UNAUTHORIZED: UNAUTHENTICATED,
    ResponseType.EXPIRED_TOKEN: UNAUTHENTICATED,
    ResponseType.INVALID_SIGNATURE: UNAUTHENTICATED,
    # The authorizer's denial. Raised as an error it would count as one of the function.
    ResponseType.ACCESS_DENIED: UNAUTHENTICATED,
    ResponseType.WAF_FILTERED: FORBIDDEN,
    ResponseType.MISSING_AUTHENTICATION_TOKEN: NOT_FOUND,
    ResponseType.RESOURCE_NOT_FOUND: NOT_FOUND,
    ResponseType.REQUEST_TOO_LARGE: (
        413,
        "Content Too Large",
        "PAYLOAD_TOO_LARGE",
        "The request is too large.",
    ),
    ResponseType.UNSUPPORTED_MEDIA_TYPE: (
        415,
        "Unsupported Media Type",
        "UNSUPPORTED_MEDIA_TYPE",
        "Send JSON.",
    ),
    ResponseType.THROTTLED: TOO_MANY,
    ResponseType.QUOTA_EXCEEDED: TOO_MANY,
    ResponseType.INTEGRATION_FAILURE: (
        502,
        "Bad Gateway",
        "BAD_GATEWAY",
        "Something went wrong here: try again.",
    ),
    ResponseType.INTEGRATION_TIMEOUT: (
        504,
        "Gateway Timeout",
        "TIMEOUT",
        "No answer in time: try again.",
    ),
    ResponseType.DEFAULT_4_XX: (
        400,
        "Bad Request",
        "BAD_REQUEST",
        "The request cannot be read.",
    ),
    ResponseType.DEFAULT_5_XX: BROKEN,
}


def add_problems(api: apigateway.RestApi, *, readable_by_others: bool) -> None:
    """Replace the gateway's messages with problems."""
    for type_, (status, title, code, detail) in PROBLEMS.items():
        headers = {
            "Content-Type": "'application/problem+json'",
            "Cache-Control": "'no-store'",
        }
        if readable_by_others:
            # Every caller gets the same text, so any origin may read it.
            headers["Access-Control-Allow-Origin"] = "'*'"
        if status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "'Bearer'"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            headers["Retry-After"] = "'2'"
        problem = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
        }
        api.add_gateway_response(
            type_.response_type.title().replace("_", ""),
            type=type_,
            status_code=str(status),
            response_headers=headers,
            # The gateway uses this template whatever the caller accepts.
            templates={"application/json": json.dumps(problem)},
        )
