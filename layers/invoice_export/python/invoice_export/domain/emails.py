"""The words for an e-mail: why it is sent, and what became of it."""

from enum import StrEnum


class EmailStatus(StrEnum):
    """The life of one e-mail; the last four are outcomes."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    # SES will never accept this message: its address, its sender or the account.
    REFUSED = "refused"
    UNKNOWN = "unknown"


class EmailReport(StrEnum):
    """What SES reports of an e-mail that it has accepted; later ones count more."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class EmailKind(StrEnum):
    """Why a run's requester gets an e-mail."""

    COMPLETED = "completed"
    FAILED = "failed"
