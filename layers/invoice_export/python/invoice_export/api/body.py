"""Reads a request's body: JSON in UTF-8, and nothing else."""

import base64
import json
import math
import re
from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent
from pydantic_core import from_json

CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s;"]*)', re.IGNORECASE)
# ASCII is a part of UTF-8. Any other charset would be read wrongly: the gateway turns
# every body into text as if it were UTF-8.
CHARSETS = {"utf-8", "utf8", "us-ascii"}


def read_body(event: BaseProxyEvent) -> dict[str, Any] | None:
    """Return the JSON object of the body; None without a body.

    Raises Powertools' ``RequestUnsupportedContentType`` and ``RequestValidationError``.
    """
    if not event.body:
        return None
    if not _is_json(event.headers.get("content-type") or ""):
        raise RequestUnsupportedContentType("not JSON", errors=[])
    # pydantic's parser limits depth and digits, and refuses lone surrogates. Its errors
    # and those of base64 and UTF-8 are all ValueErrors.
    try:
        data = from_json(_content(event))
    except ValueError as exc:
        raise _unreadable(f"The body is not JSON in UTF-8: {exc}") from None
    if _repeats_a_key(event):
        raise _unreadable("A key stands twice in the body")
    if data is not None and not isinstance(data, dict):
        raise _unreadable("The body should be a JSON object")
    for value in _scalars(data):
        if isinstance(value, str) and "\0" in value:
            raise _unreadable("Text cannot contain the character NUL")
        if isinstance(value, float) and not math.isfinite(value):
            raise _unreadable("Numbers must be finite")
    return data


def _repeats_a_key(event: BaseProxyEvent) -> bool:
    """Whether an object has two values for a key; every reader takes another one."""
    repeated = False

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        found = dict(pairs)
        repeated = repeated or len(found) < len(pairs)
        return found

    # pydantic's parser has accepted the text, within its limits.
    json.loads(_content(event), object_pairs_hook=collect, parse_int=str)
    return repeated


def _is_json(content_type: str) -> bool:
    """Whether the media type is JSON in UTF-8; no media type counts as JSON.

    ``application/*+json`` is refused: each of those types has rules of its own.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    charset = CHARSET.search(content_type)
    return media_type in {"", "application/json"} and (
        charset is None or charset[1].lower() in CHARSETS
    )


def _content(event: BaseProxyEvent) -> bytes:
    body = event.body or ""
    if event.is_base64_encoded:
        return base64.b64decode(body, validate=True)
    return body.encode()


def _scalars(value: object) -> Iterator[object]:
    """Return every key and every value that is not a container."""
    if isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from _scalars(each)
    elif isinstance(value, list):
        for each in value:
            yield from _scalars(each)
    else:
        yield value


def _unreadable(message: str) -> RequestValidationError:
    return RequestValidationError(
        [{"type": "unreadable", "loc": ("body",), "msg": message}]
    )
