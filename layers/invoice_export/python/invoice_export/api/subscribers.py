"""The webhooks of the OpenAPI document: what a subscriber's server is sent."""

from typing import Any

from invoice_export.domain.webhooks import SIGNATURE_HEADER

ENDINGS = {
    "completed": "has a file",
    "failed": "has failed; `errorCode` says why",
    "cancelled": "was cancelled",
}
HEADERS = {
    SIGNATURE_HEADER: (
        "`t=<unix seconds>,v1=<hex>`: HMAC-SHA256 of `{t}.{body}` with the webhook's"
        " secret"
    ),
    "X-Export-Event": "The message's `type`",
    "X-Export-Event-Id": "The message's `id`: the same at every attempt",
}
RESPONSES = {
    "2XX": {"description": "The message has arrived"},
    "default": {"description": "It has not: it is sent again, eight times in all"},
}


def describe_webhooks() -> dict[str, Any]:
    """Return a webhook for each way in which an export can end."""
    return {f"export.{end}": {"post": _message(end)} for end in ENDINGS}


def _message(end: str) -> dict[str, Any]:
    schema = {
        "allOf": [
            {"$ref": "#/components/schemas/RunEndMessage"},
            {"type": "object", "properties": {"type": {"const": f"export.{end}"}}},
        ]
    }
    return {
        "operationId": f"onExport{end.title()}",
        "tags": ["Webhooks"],
        "summary": f"An export {ENDINGS[end].partition(';')[0]}",
        "description": (
            f"Sent, at least once, to the organisation's webhook when an export"
            f" {ENDINGS[end]}. Check the signature before anything else, and ignore an"
            " `id` that you have seen."
        ),
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": text,
                "schema": {"type": "string"},
            }
            for name, text in HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        },
        "responses": RESPONSES,
    }
