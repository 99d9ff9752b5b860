"""Turns what boto3 raises into errors of ours, one translator for each service."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from invoice_export.errors import (
    PartsMismatchError,
    StorageUnavailableError,
    WorkflowUnavailableError,
)

# A part is gone, or it is not the part that its page row names.
MISMATCHES = {"NoSuchKey", "404", "PreconditionFailed", "412"}


def workflow_unavailable(exc: ClientError | BotoCoreError) -> WorkflowUnavailableError:
    """Return the error for a call of Step Functions that failed."""
    if isinstance(exc, ClientError):
        return WorkflowUnavailableError(f"Step Functions answered {error_code(exc)}")
    return WorkflowUnavailableError(type(exc).__name__)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Raise errors of ours for calls of S3 that fail in this block.

    Raises :class:`PartsMismatchError` for a part that is gone or has changed, and
    :class:`StorageUnavailableError` for everything else.
    """
    try:
        yield
    except ClientError as exc:
        code = error_code(exc)
        if code in MISMATCHES:
            raise PartsMismatchError(f"S3 answered {code}") from exc
        raise StorageUnavailableError(f"S3 answered {code}") from exc
    except BotoCoreError as exc:
        raise StorageUnavailableError(type(exc).__name__) from exc


def error_code(exc: ClientError) -> str:
    """Return the code with which a service refused the call."""
    return exc.response["Error"]["Code"]
