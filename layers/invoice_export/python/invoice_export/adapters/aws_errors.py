"""Turns what botocore raises into errors of ours, one translator for each service.

Its classes load with the first error, if no client has been made.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from invoice_export.errors import (
    PartsMismatchError,
    StorageUnavailableError,
    WorkflowUnavailableError,
)

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

# A part is gone, or it is not the part that its page row names.
MISMATCHES = {"NoSuchKey", "404", "PreconditionFailed", "412"}


def client_error() -> "type[ClientError]":
    """Return what botocore raises when a service refuses a call."""
    refused: type[ClientError] = import_module("botocore.exceptions").ClientError
    return refused


def botocore_error() -> "type[BotoCoreError]":
    """Return what botocore raises without an answer of the service."""
    failed: type[BotoCoreError] = import_module("botocore.exceptions").BotoCoreError
    return failed


@contextmanager
def workflow_errors() -> Iterator[None]:
    """Raise :class:`WorkflowUnavailableError` for calls of Step Functions that fail."""
    try:
        yield
    except client_error() as exc:
        answer = f"Step Functions answered {error_code(exc)}"
        raise WorkflowUnavailableError(answer) from exc
    except botocore_error() as exc:
        raise WorkflowUnavailableError(type(exc).__name__) from exc


@contextmanager
def storage_errors() -> Iterator[None]:
    """Raise errors of ours for calls of S3 that fail in this block.

    Raises :class:`PartsMismatchError` for a part that is gone or has changed, and
    :class:`StorageUnavailableError` for everything else.
    """
    try:
        yield
    except client_error() as exc:
        code = error_code(exc)
        if code in MISMATCHES:
            raise PartsMismatchError(f"S3 answered {code}") from exc
        raise StorageUnavailableError(f"S3 answered {code}") from exc
    except botocore_error() as exc:
        raise StorageUnavailableError(type(exc).__name__) from exc


def error_code(exc: "ClientError") -> str:
    """Return the code with which a service refused the call."""
    return exc.response["Error"]["Code"]
