"""What the routes need: one object, made once per worker."""

from typing import NamedTuple

from invoice_export.adapters.executions import Executions
from invoice_export.adapters.files import Files
from invoice_export.adapters.histories import Histories
from invoice_export.adapters.run_log import logger
from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.domain.dialects import Preset
from invoice_export.errors import ExportError
from invoice_export.steps.cancel_export import Cancelled, stop_cancelled
from invoice_export.steps.clean_up_run import clean_up_run
from invoice_export.steps.launch_execution import admit_waiting, launch_promised
from invoice_export.steps.plan_pages import PagePolicy
from invoice_export.steps.start_export import LanePolicy
from invoice_export.store.database import Database
from invoice_export.store.starts import StartRow


class Service(NamedTuple):
    """The API's dependencies."""

    db: Database
    files: Files
    executions: Executions
    histories: Histories
    tokens: TokenVerifier
    policy: LanePolicy
    pages: PagePolicy
    preset: Preset = Preset.RFC4180

    def launch(self, start: StartRow | None) -> None:
        """Start what a commit has promised; a failure is left to the sweep."""
        launch_promised(self.db, self.executions, start)

    def clean_up(self, cancelled: Cancelled) -> None:
        """Stop a cancelled run's execution and delete what it wrote so far.

        Its place under the cap goes to the run that has waited longest. The
        cancellation is committed by now; the sweep does what fails here, and removes
        what late workers still write.
        """
        try:
            stop_cancelled(self.executions, cancelled.before)
            admit_waiting(self.db, self.executions, max_running=self.policy.max_running)
            clean_up_run(
                self.db,
                self.files,
                organization_id=cancelled.run.organization_id,
                run_id=cancelled.run.id,
                final=False,
            )
        except ExportError as exc:
            logger.warning("clean-up left to the sweep", error=type(exc).__name__)
