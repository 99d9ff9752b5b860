"""Finish Run: finishes the run and starts the lane's next one."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from invoice_export.adapters.files import Files
from invoice_export.adapters.run_log import about_run
from invoice_export.contracts.workflow.finish_run import FinishResult, FinishRunInput
from invoice_export.settings import DatabaseSettings, FileSettings, Positive, Settings
from invoice_export.steps.finish_run import finish_run
from invoice_export.store.database import Database
from invoice_export.wiring.database import make_database
from invoice_export.wiring.executions import make_executions
from invoice_export.wiring.files import make_files

logger = Logger()


class FinishRunSettings(Settings):
    """Of this function alone.

    The machine's own ARN comes with the input: a variable would make a circle of
    machine and function.
    """

    max_running_exports: Positive
    state_machine_alias: str = ""


@cache
def dependencies() -> tuple[FinishRunSettings, Database, Files]:
    db = make_database(DatabaseSettings.read())
    return FinishRunSettings.read(), db, make_files(FileSettings.read())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    settings, db, files = dependencies()
    run = FinishRunInput.parse(event)
    with about_run(run):
        status = finish_run(
            db,
            files,
            make_executions(run.state_machine_arn, settings.state_machine_alias),
            run.ref,
            error=run.error.error if run.error else None,
            max_running=settings.max_running_exports,
        )
        logger.info("run finished", status=status)
    return FinishResult(status=status).dump()
