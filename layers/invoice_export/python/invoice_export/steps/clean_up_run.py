"""Removes what an ended run has left in S3."""

from uuid import UUID

from invoice_export.adapters.files import Files
from invoice_export.domain.keys import file_prefix, parts_prefix
from invoice_export.domain.runs import RunStatus
from invoice_export.store import runs
from invoice_export.store.database import Database


def clean_up_run(
    db: Database, files: Files, *, organization_id: str, run_id: UUID, final: bool
) -> None:
    """Abort the run's open uploads; of a cancelled run, delete parts and file as well.

    A failed run keeps its parts for a retry. The row stays locked meanwhile, so that no
    retry starts the run again. ``final`` means that no worker of the run can still be
    writing, so nothing will be left.
    """
    with db.tenant(organization_id) as tx:
        run = runs.lock_for_cleanup(tx, run_id)
        if run is None:
            return
        files.abort_uploads(file_prefix(organization_id, run_id))
        if run.status is RunStatus.CANCELLED:
            files.delete_all(parts_prefix(organization_id, run_id))
            files.delete_all(file_prefix(organization_id, run_id))
        if final:
            runs.mark_clean(tx, run_id)
