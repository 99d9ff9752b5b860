"""The ledger's rows, read from its tables and joined in Python."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]
STATUSES = ("draft", "open", "paid", "void")


def bills(connection: psycopg.Connection[Any], organization: str) -> list[Row]:
    customers = _by_id(connection, "customers", "name")
    found = _read(connection, "SELECT * FROM billing.bills", organization)
    kept = [
        {
            **row,
            "customer_name": customers.get(row["customer_id"]),
            "status": STATUSES[row["status"]],
            "status_code": row["status"],
            "total": _money(row["total_cents"]),
        }
        for row in found
        if row["discarded_at"] is None
    ]
    return sorted(kept, key=lambda row: (row["created_at"], row["id"]))


def payments(connection: psycopg.Connection[Any], organization: str) -> list[Row]:
    numbers = _by_id(connection, "bills", "number")
    found = _read(connection, "SELECT * FROM billing.payments", organization)
    kept = [
        {
            **row,
            "bill_number": numbers.get(row["bill_id"]),
            "amount": _money(row["amount_cents"]),
        }
        for row in found
    ]
    return sorted(kept, key=lambda row: row["id"])


def journal_entries(
    connection: psycopg.Connection[Any], organization: str
) -> list[Row]:
    found = _read(connection, "SELECT * FROM billing.journal_entries", organization)
    kept = [{**row, "debit": _money(row["debit_cents"])} for row in found]
    return sorted(kept, key=lambda row: (row["fiscal_year"], row["id"].bytes))


READ = {"bills": bills, "payments": payments, "journal-entries": journal_entries}


def _money(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents).scaleb(-2)


def _read(
    connection: psycopg.Connection[Any], statement: str, organization: str
) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement).fetchall()
    return [row for row in rows if str(row["organization_id"]) == organization]


def _by_id(
    connection: psycopg.Connection[Any], table: str, column: str
) -> Mapping[int, str]:
    statement = f"SELECT id, {column} AS value FROM billing.{table}"
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement).fetchall()
    return {row["id"]: row["value"] for row in rows}
