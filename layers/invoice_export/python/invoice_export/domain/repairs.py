"""Why the sweep looks at a run."""

from enum import StrEnum


class RepairReason(StrEnum):
    """What may have stopped half-way; the values are those of the database function."""

    UNACKNOWLEDGED_START = "unacknowledged_start"
    SILENT_RUN = "silent_run"
    # EventBridge reported that the run's execution has ended.
    ENDED_EXECUTION = "ended_execution"
    EXPIRED_CLAIM = "expired_claim"
    UNSENT_FAILURE_EMAIL = "unsent_failure_email"
    CLEANUP = "cleanup"
