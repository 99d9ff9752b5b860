"""Loads one file in one transaction: everything in it, or nothing."""

from pathlib import Path

import psycopg
from psycopg import Rollback

from local.loader.arrange import arrange
from local.loader.facts import facts
from local.loader.invoices import Invoices
from local.loader.organizations import Organizations
from local.loader.report import Report
from local.loader.rules import Rules
from local.loader.source import opened
from local.loader.staging import Staging
from local.loader.survey import survey
from local.loader.table import open_table
from local.loader.take_over import changes, take_over


def load(connection: psycopg.Connection, path: Path, rules: Rules) -> Report:
    """Load all rows or none. Raises CsvError that says why."""
    with opened(path, rules.encoding) as source:
        table = open_table(source, rules)
        forms = survey(table, rules)
        organizations = Organizations(rules)
        invoices = Invoices(table, forms, rules, organizations)
        with connection.transaction() as transaction:
            staging = Staging(connection, path)
            staging.fill(invoices.rows())
            found = organizations.all()
            columns = table.columns
            repeated = arrange(staging, columns.lines, rules.key, len(found))
            loaded = take_over(
                staging, rules, found, says_due="due_at" in columns.places
            )
            changed, shown = changes(staging, rules)
            totals = staging.all("totals", currency=rules.currency)
            report = Report(
                facts=[*facts(invoices, forms, rules, totals), *repeated],
                organizations=loaded,
                changed=changed,
                changes=shown,
                existing=rules.existing,
                dry_run=rules.dry_run,
            )
            if rules.dry_run:
                raise Rollback(transaction)
    return report
