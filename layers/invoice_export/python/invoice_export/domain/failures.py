"""What a failed run says to its requester: a stable code and a plain sentence."""

from dataclasses import dataclass

from invoice_export.domain.dataset import Dataset

EMPTY = "EMPTY_RESULTSET"


@dataclass(frozen=True)
class Failure:
    """The reason and the next step, without a technical word in it."""

    code: str
    message: str

    @property
    def worth_a_mail(self) -> bool:
        """Whether the requester is written to: not when there was nothing to do."""
        return self.code != EMPTY


AGAIN = "Please start the export again; pages that are finished are kept."

FAILURES = {
    "PartsMismatchError": Failure(
        "PARTS_MISMATCH",
        "Parts of the file were lost before it was put together. " + AGAIN,
    ),
    "EmailRefusedError": Failure(
        "EMAIL_REFUSED",
        "The file is ready but the mail service refused the message. " + AGAIN,
    ),
    "DatabaseUnavailableError": Failure(
        "DATABASE_UNAVAILABLE",
        "The database could not be reached for a while. " + AGAIN,
    ),
    "StorageUnavailableError": Failure(
        "STORAGE_UNAVAILABLE", "File storage could not be reached. " + AGAIN
    ),
    "ExecutionAborted": Failure(
        "EXECUTION_ABORTED", "The export was stopped by an operator. " + AGAIN
    ),
    "ExecutionTimedOut": Failure(
        "EXECUTION_TIMED_OUT", "The export took longer than it may. " + AGAIN
    ),
    "ExecutionLost": Failure(
        "EXECUTION_LOST", "The export stopped without saying why. " + AGAIN
    ),
}
TIMEOUTS = {"States.Timeout", "Sandbox.Timedout"}
OTHERWISE = Failure("EXPORT_FAILED", "Something went wrong on our side. " + AGAIN)


def explain(error_name: str, dataset: Dataset) -> Failure:
    """Return what to say of an error, by the name the state machine knows it under."""
    if error_name == "EmptyResultSetError":
        return Failure(EMPTY, dataset.nothing_yet)
    if error_name in TIMEOUTS:
        return FAILURES["ExecutionTimedOut"]
    return FAILURES.get(error_name, OTHERWISE)
