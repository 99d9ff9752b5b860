"""Write Page: writes one page of the plan as a part in S3."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from invoice_export.adapters.files import Files
from invoice_export.adapters.run_log import about_run
from invoice_export.contracts.workflow.write_page import WritePageInput
from invoice_export.settings import DatabaseSettings, FileSettings
from invoice_export.steps.write_page import write_page
from invoice_export.store.database import Database
from invoice_export.wiring.database import make_database
from invoice_export.wiring.files import make_files

logger = Logger()


@cache
def dependencies() -> tuple[Database, Files]:
    return make_database(DatabaseSettings.read()), make_files(FileSettings.read())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    db, files = dependencies()
    page = WritePageInput.parse(event)
    logger.append_keys(page=page.page)
    with about_run(page):
        result = write_page(db, files, page)
        logger.info("page written", rows=result.rows, bytes=result.bytes)
    return result.dump()
