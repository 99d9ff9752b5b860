"""What an operation may answer, as its route declares it."""

from http import HTTPStatus
from itertools import groupby
from operator import attrgetter
from typing import Any

from invoice_export.domain.problem_codes import ProblemCode

PROBLEM_JSON = "application/problem+json"

# Of the gateway, of the access check, and of whatever needs the database.
EVERYWHERE = (
    ProblemCode.BAD_REQUEST,
    ProblemCode.UNAUTHENTICATED,
    ProblemCode.FORBIDDEN,
    ProblemCode.PAYLOAD_TOO_LARGE,
    ProblemCode.TOO_MANY_REQUESTS,
    ProblemCode.INTERNAL_ERROR,
    ProblemCode.BAD_GATEWAY,
    ProblemCode.DATABASE_UNAVAILABLE,
    ProblemCode.KEYS_UNAVAILABLE,
    ProblemCode.TIMEOUT,
)
OF_MEMBERS = (*EVERYWHERE, ProblemCode.NOT_FOUND)
OF_SOME_ROLES = (*OF_MEMBERS, ProblemCode.ROLE_TOO_LOW)
OF_A_RUN = (ProblemCode.RUN_NOT_FOUND, ProblemCode.INVALID_REQUEST)
OF_A_BODY = (ProblemCode.UNSUPPORTED_MEDIA_TYPE, ProblemCode.INVALID_REQUEST)


def _header(description: str, type_: str = "string") -> dict[str, Any]:
    return {"description": description, "required": True, "schema": {"type": type_}}


CACHE_CONTROL = _header("`no-cache` for an answer with an `ETag`, or else `no-store`")
ETAG = _header("Names this answer: send it as `If-None-Match` with the next request")
RETRY_AFTER = {"Retry-After": _header("The seconds to wait", "integer")}
HEADERS_OF = {
    HTTPStatus.ACCEPTED: {"Location": _header("The export, relative to this URL")},
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": _header("`Bearer`")},
    HTTPStatus.TOO_MANY_REQUESTS: RETRY_AFTER,
    HTTPStatus.SERVICE_UNAVAILABLE: RETRY_AFTER,
}


def headers_of(status: int, *, conditional: bool = False) -> dict[str, Any]:
    """Return the headers of each answer with this status, also of the gateway's own.

    Without those of CORS, which the deployment decides about.
    """
    named = {"ETag": ETAG} if conditional else {}
    return {
        "Cache-Control": CACHE_CONTROL,
        **named,
        **HEADERS_OF.get(HTTPStatus(status), {}),
    }


def answers(
    *codes: ProblemCode, status: int = HTTPStatus.OK, conditional: bool = False
) -> dict[int, Any]:
    """Return the responses of an operation: its success, and exactly these problems."""
    headers = headers_of(status, conditional=conditional)
    unchanged = {
        304: {
            "description": "Not Modified: the client has this answer",
            "headers": headers,
            # Without it, Powertools describes the body of the success here too.
            "content": {},
        }
    }
    by_status = sorted(set(codes), key=lambda code: (code.status, code))
    return {
        int(status): {"description": HTTPStatus(status).phrase, "headers": headers},
        **(unchanged if conditional else {}),
        **{
            found: _problem(list(same))
            for found, same in groupby(by_status, key=attrgetter("status"))
        },
    }


def _problem(codes: list[ProblemCode]) -> dict[str, Any]:
    described = "\n".join(f"- `{code}`: {code.meaning}" for code in codes)
    code = {"enum": [code.value for code in codes]}
    schema = {
        "allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {"type": "object", "properties": {"code": code}},
        ]
    }
    return {
        "description": f"{HTTPStatus(codes[0].status).phrase}\n\n{described}",
        "headers": headers_of(codes[0].status),
        "content": {PROBLEM_JSON: {"schema": schema}},
    }
