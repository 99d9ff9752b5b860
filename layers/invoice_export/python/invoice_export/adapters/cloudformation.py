"""Answers CloudFormation, which waits for a custom resource's result.

The answer goes to a signed URL in S3, which a gateway endpoint reaches.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from invoice_export.errors import WorkflowUnavailableError

TIMEOUT_SECONDS = 10
# CloudFormation accepts 4 KB in all.
MAX_REASON = 1_000


def answer(event: dict[str, Any], work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do the work of a custom resource and report how it went.

    Deleting does nothing: what a migration did is never undone. A failure is told
    first, so that the deployment stops at once, and raised after that.
    """
    try:
        result = {} if event["RequestType"] == "Delete" else work()
    except Exception as exc:
        _report(event, "FAILED", f"{type(exc).__name__}: {exc}"[:MAX_REASON], {})
        raise
    _report(event, "SUCCESS", "done", result)
    return result


def _report(
    event: dict[str, Any], status: str, reason: str, data: dict[str, Any]
) -> None:
    body = {
        "Status": status,
        "Reason": reason,
        # Never changes: a new id would make CloudFormation delete the old resource.
        "PhysicalResourceId": "database-migrations",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data,
    }
    url = urlsplit(event["ResponseURL"])
    connection = HTTPSConnection(url.netloc, timeout=TIMEOUT_SECONDS)
    try:
        # The URL is signed without a content type.
        headers = {"Content-Type": ""}
        target = f"{url.path}?{url.query}"
        connection.request("PUT", target, json.dumps(body).encode(), headers)
        answered = connection.getresponse().status
    finally:
        connection.close()
    if answered != HTTPStatus.OK:
        raise WorkflowUnavailableError(f"CloudFormation's bucket answered {answered}")
