"""The words for an e-mail: why it is sent, and what became of it."""

from enum import StrEnum


class EmailStatus(StrEnum):
    """The life of one e-mail; the last three are outcomes."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


class EmailKind(StrEnum):
    """Why a run's requester gets an e-mail."""

    COMPLETED = "completed"
    FAILED = "failed"
