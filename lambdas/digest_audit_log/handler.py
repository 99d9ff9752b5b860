"""Digest Audit Log: stores the heads of all audit chains once a day."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from invoice_export.adapters.digests import Digests
from invoice_export.adapters.metrics import measure_digest
from invoice_export.settings import DatabaseSettings, DigestSettings
from invoice_export.steps.digest_audit_log import digest_audit_log
from invoice_export.store.database import Database
from invoice_export.wiring.database import make_database
from invoice_export.wiring.digests import make_digests

logger = Logger()
metrics = Metrics()


@cache
def dependencies() -> tuple[Database, Digests]:
    db = make_database(DatabaseSettings.read())
    return db, make_digests(DigestSettings.read())


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: object) -> dict[str, bool]:
    db, digests = dependencies()
    stored = digest_audit_log(db, digests, datetime.now(UTC).date())
    logger.info("digest", stored=stored)
    measure_digest(metrics)
    return {"stored": stored}
