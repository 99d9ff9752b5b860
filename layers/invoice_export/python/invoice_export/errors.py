"""Every error that the export raises on purpose.

The class names are the error names that the state machine matches. API clients, a run's
row and operators see ``code``::

    ExportError
    ├── PermanentError            never retried: the same input fails again
    │   ├── EmptyResultSetError       there is nothing to export
    │   ├── InvalidInputError         a step got the wrong input
    │   ├── RunNotActiveError         the fence: not running, or a newer generation
    │   ├── PartsMismatchError        parts and page rows do not agree
    │   ├── MissingRowError           a statement returned no row where it must
    │   ├── DatasetError              a declaration contradicts itself or the database
    │   ├── DatasetChangedError       the run's dataset is not what it was
    │   ├── UnsafeRoleError           the database role could bypass row-level security
    │   ├── UnsafeDestinationError    a webhook's URL leads into a private network
    │   └── EmailRejectedError        SES will never accept this message
    ├── TransientError            retried by the state machine, with back-off
    │   ├── DatabaseUnavailableError
    │   ├── WorkerDiskFullError       the worker's own disk has no room for a part
    │   ├── StorageUnavailableError
    │   ├── WorkflowUnavailableError
    │   ├── EventsUnavailableError
    │   ├── KeysUnavailableError      the issuer's keys cannot be fetched
    │   ├── WebhookFailedError        the receiver did not accept the event
    │   ├── EmailRefusedError         SES refused for now: the delivery is pending again
    │   └── EmailOutcomePendingError  a claim is open: nobody may send again
    └── RequestError              an HTTP answer; its ``code`` knows the status
        ├── UnauthenticatedError      401
        ├── ForbiddenError            403
        ├── NotFoundError             404
        ├── ConflictError             409
        ├── GoneError                 410
        ├── PayloadTooLargeError      413
        ├── UnprocessableError        422
        └── TooManyRequestsError      429
"""

from collections.abc import Mapping

from invoice_export.domain.problem_codes import ProblemCode


class ExportError(Exception):
    """Base of all errors raised on purpose."""

    code = "EXPORT_ERROR"


class PermanentError(ExportError):
    """A retry with the same input fails again."""

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


class MissingRowError(PermanentError):
    """A statement that always returns a row returned none."""

    code = "MISSING_ROW"


class DatasetError(PermanentError):
    """A dataset's or the directory's declaration cannot be used."""

    code = "DATASET_INVALID"


class DatasetChangedError(PermanentError):
    """A dataset was changed or removed after the run had begun."""

    code = "DATASET_CHANGED"


class UnsafeRoleError(PermanentError):
    """Row-level security does not bind the connection's role."""

    code = "UNSAFE_DATABASE_ROLE"


class UnsafeDestinationError(PermanentError):
    """A webhook's URL is not one of a public HTTPS server."""

    code = "UNSAFE_DESTINATION"


class EmailRejectedError(PermanentError):
    """SES will never accept this message: nothing was sent, and nothing will be."""

    code = "EMAIL_REJECTED"


class TransientError(ExportError):
    """A retry a little later may succeed."""

    code = "TEMPORARILY_UNAVAILABLE"


class DatabaseUnavailableError(TransientError):
    """PostgreSQL cannot be reached, ended the connection, or has no room left."""

    code = ProblemCode.DATABASE_UNAVAILABLE


class WorkerDiskFullError(TransientError):
    """The worker's own disk has no room for a part; another worker's may have."""

    code = "WORKER_DISK_FULL"


class StorageUnavailableError(TransientError):
    """S3 did not answer, or answered that it is busy."""

    code = "STORAGE_UNAVAILABLE"


class WorkflowUnavailableError(TransientError):
    """Step Functions did not answer, or answered that it is busy."""

    code = ProblemCode.WORKFLOW_UNAVAILABLE


class EventsUnavailableError(TransientError):
    """The event queue or the event bus did not accept an event."""

    code = "EVENTS_UNAVAILABLE"


class KeysUnavailableError(TransientError):
    """The issuer's keys cannot be fetched right now."""

    code = ProblemCode.KEYS_UNAVAILABLE


class WebhookFailedError(TransientError):
    """A customer's server did not answer 2xx, or must not be called."""

    code = "WEBHOOK_FAILED"


class EmailRefusedError(TransientError):
    """SES refused the message for now: nothing was sent."""

    code = "EMAIL_REFUSED"


class EmailOutcomePendingError(TransientError):
    """The message may have been sent: wait for the claim's outcome."""

    code = "EMAIL_OUTCOME_PENDING"


class RequestError(ExportError):
    """An answer to an HTTP request, rendered as ``application/problem+json``.

    ``headers`` are added to the answer, for example ``Retry-After``.
    """

    code: ProblemCode

    def __init__(
        self,
        detail: str,
        *,
        code: ProblemCode | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.headers = dict(headers or {})


class UnauthenticatedError(RequestError):
    """No valid bearer token came with the request."""

    code = ProblemCode.UNAUTHENTICATED


class ForbiddenError(RequestError):
    """The caller's role does not allow this."""

    code = ProblemCode.ROLE_TOO_LOW


class NotFoundError(RequestError):
    """It does not exist, or belongs to another organisation."""

    code = ProblemCode.NOT_FOUND


class ConflictError(RequestError):
    """The current state does not allow this; the code says why."""

    def __init__(self, detail: str, *, code: ProblemCode) -> None:
        super().__init__(detail, code=code)


class GoneError(RequestError):
    """The file has expired."""

    code = ProblemCode.FILE_EXPIRED


class PayloadTooLargeError(RequestError):
    """The body is longer than any valid one."""

    code = ProblemCode.PAYLOAD_TOO_LARGE


class UnprocessableError(RequestError):
    """The request is well-formed but its values are not acceptable."""

    code = ProblemCode.INVALID_REQUEST


class TooManyRequestsError(RequestError):
    """A cap is reached: try again after ``Retry-After`` seconds."""

    code = ProblemCode.QUEUE_FULL
