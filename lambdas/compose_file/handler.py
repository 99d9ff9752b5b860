"""Compose File: joins the parts into the one file."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from invoice_export.adapters.files import Files
from invoice_export.adapters.run_log import about_run
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.settings import DatabaseSettings, FileSettings, LinkSettings
from invoice_export.steps.compose_file import compose_file
from invoice_export.store.database import Database
from invoice_export.wiring.database import make_database
from invoice_export.wiring.files import make_files

logger = Logger()


@cache
def dependencies() -> tuple[Database, Files, FileSettings, LinkSettings]:
    db, kept = make_database(DatabaseSettings.read()), FileSettings.read()
    return db, make_files(kept), kept, LinkSettings.read()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    db, files, kept, links = dependencies()
    run = RunRef.parse(event)
    with about_run(run):
        file = compose_file(
            db,
            files,
            run,
            app_base_url=links.app_base_url,
            file_retention_days=kept.file_retention_days,
        )
        logger.info("file composed", rows=file.rows, bytes=file.bytes)
    return file.dump()
