"""Compose File: joins the parts into the one file."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from invoice_export.adapters.files import Files
from invoice_export.adapters.run_log import about_run
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.settings import DatabaseSettings, FileSettings, Name
from invoice_export.steps.compose_file import compose_file
from invoice_export.store.database import Database
from invoice_export.wiring.database import make_database
from invoice_export.wiring.files import make_files

logger = Logger()


@dataclass(frozen=True, kw_only=True)
class ComposeFileSettings(DatabaseSettings, FileSettings):
    """Environment of ``compose_file``; the app link begins with ``app_base_url``."""

    app_base_url: Name


@cache
def dependencies() -> tuple[ComposeFileSettings, Database, Files]:
    settings = ComposeFileSettings.read()
    return settings, make_database(settings), make_files(settings)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    settings, db, files = dependencies()
    run = RunRef.parse(event)
    with about_run(run):
        file = compose_file(
            db,
            files,
            run,
            app_base_url=settings.app_base_url,
            file_retention_days=settings.file_retention_days,
        )
        logger.info("file composed", rows=file.rows, bytes=file.bytes)
    return file.dump()
