"""Finds the run that a request names, and adds it to the log lines."""

from typing import TypeVar
from uuid import UUID

from msgspec import structs

from invoice_export.adapters.run_log import name_run
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.domain.roles import Role
from invoice_export.errors import ForbiddenError, NotFoundError
from invoice_export.store import runs, statuses
from invoice_export.store.database import Transaction
from invoice_export.store.runs import RunRow
from invoice_export.store.statuses import StatusRow

Found = TypeVar("Found", RunRow, StatusRow)


def find_run(tx: Transaction, run_id: UUID) -> RunRow:
    """Read a run. Raises :class:`NotFoundError`, also for another organisation's."""
    return _named(runs.find(tx, run_id))


def find_status(tx: Transaction, run_id: UUID) -> StatusRow:
    """Read a run as its watchers see it. Raises like :func:`find_run`."""
    return _named(statuses.find(tx, run_id))


def lock_own_run(tx: Transaction, run_id: UUID, *, user_id: str, role: Role) -> RunRow:
    """Lock a run that the caller may change: their own, or any run for an admin.

    Raises :class:`ForbiddenError`, and like :func:`find_run`.
    """
    run = _named(runs.lock(tx, run_id))
    if run.requested_by != user_id and not role.at_least(Role.ADMIN):
        raise ForbiddenError(
            "Only the requester or an admin may do this.", code=ProblemCode.NOT_YOUR_RUN
        )
    return run


def _named(run: Found | None) -> Found:
    """Add the run to every log line from here on."""
    if run is None:
        raise NotFoundError("There is no such export.", code=ProblemCode.RUN_NOT_FOUND)
    name_run(**structs.asdict(run.ref))
    return run
