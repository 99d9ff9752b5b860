"""Every error that the export raises on purpose.

The class names are the error names that the state machine matches, and
``code`` is what an API client, a run's row and an operator see::

    ExportError
    ├── PermanentError            never retried: the same input fails again
    │   ├── EmptyResultSetError       there is nothing to export
    │   ├── InvalidInputError         a step was called with the wrong input
    │   ├── RunNotActiveError         the fence: not running, or a newer generation
    │   └── PartsMismatchError        parts and page rows do not agree
    ├── TransientError            retried by the state machine, with back-off
    │   ├── DatabaseUnavailableError
    │   ├── StorageUnavailableError
    │   ├── WorkflowUnavailableError
    │   ├── EventsUnavailableError
    │   ├── WebhookFailedError        the receiver did not take the event
    │   ├── EmailRefusedError         SES said no: the delivery is pending again
    │   └── EmailOutcomePendingError  a claim is open: nobody may send again
    └── RequestError              an HTTP answer: ``status`` and ``code``
        ├── UnauthenticatedError      401
        ├── ForbiddenError            403
        ├── NotFoundError             404
        ├── ConflictError             409
        ├── GoneError                 410
        ├── UnprocessableError        422
        └── TooManyRequestsError      429
"""

from collections.abc import Mapping


class ExportError(Exception):
    """Base of all errors raised on purpose."""

    code = "EXPORT_ERROR"


class PermanentError(ExportError):
    """Trying again with the same input fails again."""

    code = "EXPORT_FAILED"


class EmptyResultSetError(PermanentError):
    """The organisation has no rows to export."""

    code = "EMPTY_RESULTSET"


class InvalidInputError(PermanentError):
    """A step's input does not fit its contract."""

    code = "INVALID_INPUT"


class RunNotActiveError(PermanentError):
    """The run is not running, or a newer generation of it is."""

    code = "RUN_NOT_ACTIVE"


class PartsMismatchError(PermanentError):
    """The parts in S3 are not the ones that the page rows describe."""

    code = "PARTS_MISMATCH"


class TransientError(ExportError):
    """Worth trying again a little later."""

    code = "TEMPORARILY_UNAVAILABLE"


class DatabaseUnavailableError(TransientError):
    """PostgreSQL cannot be reached, or ended the connection."""

    code = "DATABASE_UNAVAILABLE"


class StorageUnavailableError(TransientError):
    """S3 did not answer, or answered that it is busy."""

    code = "STORAGE_UNAVAILABLE"


class WorkflowUnavailableError(TransientError):
    """Step Functions did not answer, or answered that it is busy."""

    code = "WORKFLOW_UNAVAILABLE"


class EventsUnavailableError(TransientError):
    """The queue or the bus of events did not take one."""

    code = "EVENTS_UNAVAILABLE"


class WebhookFailedError(TransientError):
    """A customer's server did not answer 2xx, or must not be called at all."""

    code = "WEBHOOK_FAILED"


class EmailRefusedError(TransientError):
    """SES refused the message definitively: nothing was sent."""

    code = "EMAIL_REFUSED"


class EmailOutcomePendingError(TransientError):
    """The message may have been sent: wait for the claim to be settled."""

    code = "EMAIL_OUTCOME_PENDING"


class RequestError(ExportError):
    """An answer to an HTTP request, rendered as ``application/problem+json``.

    ``headers`` are added to the answer, ``Retry-After`` for one.
    """

    status = 400
    code = "BAD_REQUEST"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.headers = dict(headers or {})


class UnauthenticatedError(RequestError):
    """No valid bearer token came with the request."""

    status = 401
    code = "UNAUTHENTICATED"


class ForbiddenError(RequestError):
    """The caller's role does not allow this."""

    status = 403
    code = "FORBIDDEN"


class NotFoundError(RequestError):
    """No such thing, or one of another organisation."""

    status = 404
    code = "NOT_FOUND"


class ConflictError(RequestError):
    """The run's present state does not allow this."""

    status = 409
    code = "CONFLICT"


class GoneError(RequestError):
    """The file has been deleted at the end of its time."""

    status = 410
    code = "FILE_EXPIRED"


class UnprocessableError(RequestError):
    """The request is understood but its values are not acceptable."""

    status = 422
    code = "INVALID_REQUEST"


class TooManyRequestsError(RequestError):
    """A cap is reached: try again after ``Retry-After`` seconds."""

    status = 429
    code = "TOO_MANY_REQUESTS"
