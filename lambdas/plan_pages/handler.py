"""Plan Pages: freezes where every page of the export begins."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from invoice_export.adapters.run_log import about_run
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.settings import DatabaseSettings, PageSettings
from invoice_export.steps.plan_pages import PagePolicy, plan_pages
from invoice_export.store.database import Database
from invoice_export.wiring.database import make_database
from invoice_export.wiring.pages import make_page_policy

logger = Logger()


@cache
def dependencies() -> tuple[Database, PagePolicy]:
    policy = make_page_policy(PageSettings.read())
    return make_database(DatabaseSettings.read()), policy


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    db, policy = dependencies()
    run = RunRef.parse(event)
    with about_run(run):
        plan = plan_pages(db, run, policy)
        logger.info("pages planned", pages=len(plan.pages))
    return plan.dump()
