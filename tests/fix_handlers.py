"""The environment in which handlers find the test's own database and AWS."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from invoice_export.store.database import Database
from invoice_export.wiring import database as wiring_database
from tests.fix_api import AUDIENCE, Issuer
from tests.fix_postgres import TestDatabase
from tests.fix_world import APP, BUCKET, SENDER, World


@pytest.fixture
def environment(
    world: World,
    database: TestDatabase,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SimpleNamespace]:
    opened: list[Database] = []
    make = wiring_database.make_database

    def remembered(settings: Any) -> Database:
        opened.append(make(settings))
        return opened[-1]

    monkeypatch.setattr(wiring_database, "make_database", remembered)
    settings = {
        "DATABASE_URL": database.app_url,
        "OWNER_DATABASE_URL": database.owner_url,
        "FILES_BUCKET": BUCKET,
        "STATE_MACHINE_ARN": world.executions._machine,
        "MAX_RUNNING_EXPORTS": "10",
        "MAX_QUEUED_PER_ORGANIZATION": "10",
        "MIN_PAGE_ROWS": "50",
        "MAX_PAGE_ROWS": "100",
        "DATABASE_VCPUS": "1",
        "APP_BASE_URL": APP,
        "SENDER_ADDRESS": SENDER,
        "EMAIL_CLAIM_SECONDS": "60",
        "STALE_AFTER_SECONDS": "60",
        "CLEANUP_GRACE_SECONDS": "60",
        "OIDC_ISSUER": issuer.url,
        "OIDC_AUDIENCE": AUDIENCE,
        "OIDC_JWKS_URL": issuer.jwks_url,
        "STAGE": "test",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    yield SimpleNamespace(**settings)
    for db in opened:
        db.close()
