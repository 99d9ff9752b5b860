"""The other applications, each in a database of the session's PostgreSQL."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from local.config import Laptop
from tests.apps.application import Application
from tests.apps.ledger import LEDGER
from tests.apps.shop import SHOP
from tests.fix_postgres import NUMBERS

APPLICATIONS = (LEDGER, SHOP)


@pytest.fixture(scope="session")
def app_urls(cluster: Laptop) -> dict[str, str]:
    """The administrator's URL of a database that holds the application alone."""
    urls = {}
    for application in APPLICATIONS:
        name = f"app_{application.schema}_{next(NUMBERS)}"
        with psycopg.connect(
            cluster.url_of("postgres", "postgres"), autocommit=True
        ) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        urls[application.schema] = cluster.url_of("postgres", name)
        application.create(urls[application.schema])
    return urls


@pytest.fixture(params=APPLICATIONS, ids=lambda application: application.schema)
def application(request: pytest.FixtureRequest) -> Application:
    chosen: Application = request.param
    return chosen


@pytest.fixture
def inside(
    application: Application, app_urls: dict[str, str]
) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the administrator's, whose changes are taken back."""
    with psycopg.connect(app_urls[application.schema]) as connection:
        yield connection
        connection.rollback()
