"""What a failed run tells its requester: a stable code and a plain sentence."""

from typing import NamedTuple

from invoice_export.domain.dataset import Words

EMPTY = "EMPTY_RESULTSET"


class Failure(NamedTuple):
    """The reason and the next step, without technical words."""

    code: str
    message: str

    @property
    def needs_email(self) -> bool:
        """Whether the requester gets an e-mail: not if there was nothing to export."""
        return self.code != EMPTY


AGAIN = "Please start the export again; finished pages are kept."

FAILURES = {
    "PartsMismatchError": Failure(
        "PARTS_MISMATCH",
        "Parts of the file were lost before they could be joined. " + AGAIN,
    ),
    "DatasetChangedError": Failure(
        "DATASET_CHANGED",
        "What can be exported changed while this export was under way. Please start the"
        " export again.",
    ),
    "EmailRefusedError": Failure(
        "EMAIL_REFUSED",
        "The file is ready but the mail service refused the message. " + AGAIN,
    ),
    "DatabaseUnavailableError": Failure(
        "DATABASE_UNAVAILABLE",
        "The database could not be used for a while. " + AGAIN,
    ),
    "WorkerDiskFullError": Failure(
        "WORKER_DISK_FULL", "A worker had no room for its part of the file. " + AGAIN
    ),
    "StorageUnavailableError": Failure(
        "STORAGE_UNAVAILABLE", "File storage could not be reached. " + AGAIN
    ),
    "ExecutionAborted": Failure(
        "EXECUTION_ABORTED", "An operator stopped the export. " + AGAIN
    ),
    "ExecutionTimedOut": Failure(
        "EXECUTION_TIMED_OUT", "The export took longer than allowed. " + AGAIN
    ),
    "ExecutionLost": Failure(
        "EXECUTION_LOST", "The export stopped for an unknown reason. " + AGAIN
    ),
}
# Lambda kills a worker that reaches its memory limit, and says no more than this.
DEATHS = {"Runtime.ExitError", "Lambda.Unknown"}
DIED = Failure(
    "WORKER_DIED",
    "A worker stopped again and again, perhaps for want of memory. " + AGAIN,
)
TIMEOUTS = {"States.Timeout", "Sandbox.Timedout"}
OTHERWISE = Failure("EXPORT_FAILED", "Something went wrong on our side. " + AGAIN)


def explain(error_name: str, words: Words, *, filtered: bool = False) -> Failure:
    """Return what to tell of an error, given its name in the state machine.

    An export is ``filtered`` if its request sets conditions.
    """
    if error_name == "EmptyResultSetError":
        if filtered:
            return Failure(
                EMPTY,
                f"No {words.many} match the filters. Change them, then export again.",
            )
        return Failure(EMPTY, words.nothing_yet)
    if error_name in TIMEOUTS:
        return FAILURES["ExecutionTimedOut"]
    if error_name in DEATHS:
        return DIED
    return FAILURES.get(error_name, OTHERWISE)
