"""Migrate Database: brings the schema and its views up to this release."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from invoice_export import datasets
from invoice_export.adapters import views
from invoice_export.adapters.cloudformation import answer
from invoice_export.adapters.migrations import migrate
from invoice_export.settings import OwnerSettings
from invoice_export.wiring.schema import owner_connection, prepare_database

logger = Logger()


@cache
def settings() -> OwnerSettings:
    return OwnerSettings.read()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    if "ResponseURL" in event:
        return answer(event, bring_up_to_date)
    return bring_up_to_date()


def bring_up_to_date() -> dict[str, Any]:
    prepare_database(settings())
    connect = owner_connection(settings())
    newest = migrate(connect)
    views.apply(connect, datasets.load())
    logger.info("schema is up to date", migration=newest)
    return {"migration": newest}
