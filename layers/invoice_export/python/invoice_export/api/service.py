"""What the routes need: one object, made once per worker."""

from dataclasses import dataclass

from invoice_export.adapters.executions import Executions
from invoice_export.adapters.files import Files
from invoice_export.adapters.histories import Histories
from invoice_export.adapters.postgres import Database
from invoice_export.adapters.rows import StartRow
from invoice_export.adapters.run_log import about_run, logger
from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.errors import ExportError, TransientError
from invoice_export.steps.cancel_export import (
    Cancelled,
    remove_leftovers,
    stop_cancelled,
)
from invoice_export.steps.launch_execution import admit_waiting, launch_execution
from invoice_export.steps.start_export import LanePolicy


@dataclass(frozen=True)
class Service:
    """The API's dependencies."""

    db: Database
    files: Files
    executions: Executions
    histories: Histories
    tokens: TokenVerifier
    policy: LanePolicy

    def launch(self, start: StartRow | None) -> None:
        """Start what a commit has promised.

        A failure here is not the caller's: the run is accepted, and the sweep starts
        what stays unacknowledged.
        """
        if start is None:
            return
        with about_run(start.ref):
            try:
                launch_execution(self.db, self.executions, start)
            except TransientError as exc:
                logger.warning("start left to the sweep", error=type(exc).__name__)

    def clear_up(self, cancelled: Cancelled) -> None:
        """Stop what a cancellation left running, and delete what it wrote so far.

        Its place under the cap goes to whoever has waited longest.

        The cancellation itself is committed; what cannot be done now, and what late
        workers still write, is the sweep's.
        """
        try:
            stop_cancelled(self.executions, cancelled.before)
            admit_waiting(self.db, self.executions, max_running=self.policy.max_running)
            remove_leftovers(
                self.db,
                self.files,
                organization_id=cancelled.run.organization_id,
                run_id=cancelled.run.id,
                final=False,
            )
        except ExportError as exc:
            logger.warning("clearing left to the sweep", error=type(exc).__name__)
