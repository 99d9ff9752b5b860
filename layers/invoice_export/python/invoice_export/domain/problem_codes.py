"""Why the API refuses a request: the codes of its problems, and their statuses."""

from enum import StrEnum
from typing import Self


class ProblemCode(StrEnum):
    """A stable word for programs; ``meaning`` is for their authors."""

    status: int
    meaning: str

    def __new__(cls, word: str, status: int, meaning: str) -> Self:
        """Make a member whose value is its word."""
        code = str.__new__(cls, word)
        code._value_ = word
        code.status = status
        code.meaning = meaning
        return code

    BAD_REQUEST = "BAD_REQUEST", 400, "The gateway cannot read the request."
    UNAUTHENTICATED = "UNAUTHENTICATED", 401, "There is no valid bearer token."
    FORBIDDEN = "FORBIDDEN", 403, "The gateway refuses the request."
    ROLE_TOO_LOW = "ROLE_TOO_LOW", 403, "The caller's role does not allow this."
    NOT_YOUR_RUN = "NOT_YOUR_RUN", 403, "Only the requester or an admin may do this."
    NOT_FOUND = (
        "NOT_FOUND",
        404,
        "There is no such organisation, or the caller is no member of it.",
    )
    RUN_NOT_FOUND = "RUN_NOT_FOUND", 404, "The organisation has no such export."
    NO_WEBHOOK = "NO_WEBHOOK", 404, "No webhook is set."
    NOT_SUPPRESSED = "NOT_SUPPRESSED", 404, "The member's address is not suppressed."
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED", 405, "The path has no such method."
    FILE_NOT_READY = "FILE_NOT_READY", 409, "The export has no file yet."
    RUN_ENDED = "RUN_ENDED", 409, "The export has completed or failed."
    RUN_COMPLETING = (
        "RUN_COMPLETING",
        409,
        "The e-mail of the export is on its way, so it will complete.",
    )
    RUN_COMPLETED = "RUN_COMPLETED", 409, "The export has completed."
    DATASET_CHANGED = (
        "DATASET_CHANGED",
        409,
        "What can be exported has changed since this export was requested.",
    )
    SUPPRESSION_PERMANENT = (
        "SUPPRESSION_PERMANENT",
        409,
        "The address bounced for good, or its owner complained.",
    )
    FILE_EXPIRED = "FILE_EXPIRED", 410, "The file has expired."
    PAYLOAD_TOO_LARGE = (
        "PAYLOAD_TOO_LARGE",
        413,
        "The body is longer than any valid one.",
    )
    UNSUPPORTED_MEDIA_TYPE = (
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "The body is not sent as JSON in UTF-8.",
    )
    INVALID_REQUEST = (
        "INVALID_REQUEST",
        422,
        "Some values are not acceptable; `errors` names each field.",
    )
    OPTIONS_DIFFER = (
        "OPTIONS_DIFFER",
        422,
        "The idempotency key belongs to an export with other options.",
    )
    UNSAFE_DESTINATION = (
        "UNSAFE_DESTINATION",
        422,
        "The URL is not one of a public HTTPS server.",
    )
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS", 429, "The gateway asks to slow down."
    QUEUE_FULL = (
        "QUEUE_FULL",
        429,
        "Too many exports are queued. `Retry-After` has the seconds to wait.",
    )
    INTERNAL_ERROR = "INTERNAL_ERROR", 500, "Something went wrong on our side."
    BAD_GATEWAY = "BAD_GATEWAY", 502, "The gateway got no usable answer."
    DATABASE_UNAVAILABLE = (
        "DATABASE_UNAVAILABLE",
        503,
        "The database cannot be reached for now. Send the request again.",
    )
    KEYS_UNAVAILABLE = (
        "KEYS_UNAVAILABLE",
        503,
        "The issuer's keys cannot be fetched for now. Send the request again.",
    )
    WORKFLOW_UNAVAILABLE = (
        "WORKFLOW_UNAVAILABLE",
        503,
        "Step Functions does not answer for now. Send the request again.",
    )
    TIMEOUT = "TIMEOUT", 504, "There was no answer in time. Send the request again."
