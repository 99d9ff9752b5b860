"""Finds the run that somebody asks for, and says on the log lines which one it is."""

from typing import TypeVar
from uuid import UUID

from invoice_export.adapters.postgres import Transaction
from invoice_export.adapters.rows import RunRow, StatusRow
from invoice_export.adapters.run_log import name_run
from invoice_export.contracts.terms import Role
from invoice_export.errors import ForbiddenError, NotFoundError

Found = TypeVar("Found", RunRow, StatusRow)


def find_run(tx: Transaction, model: type[Found], query: str, run_id: UUID) -> Found:
    """Read a run; every line from here on names its execution as well.

    Raises :class:`NotFoundError`, also for another organisation's run.
    """
    run = tx.one(model, query, run_id=run_id)
    if run is None:
        raise NotFoundError("There is no such export.", code="RUN_NOT_FOUND")
    name_run(**run.ref.model_dump())
    return run


def find_own_run(tx: Transaction, run_id: UUID, *, user_id: str, role: Role) -> RunRow:
    """Lock a run that the caller may act on: its requester's, or any as an admin."""
    run = find_run(tx, RunRow, "lock_run", run_id)
    if run.requested_by != user_id and not role.at_least(Role.ADMIN):
        raise ForbiddenError(
            "Only its requester or an admin may do this.", code="NOT_YOUR_RUN"
        )
    return run
