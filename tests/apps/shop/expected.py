"""The shop's rows, read from its tables and joined in Python."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]


def orders(connection: psycopg.Connection[Any], account: str) -> list[Row]:
    names = {
        row["id"]: row["name"]
        for row in _read(connection, "SELECT id, name FROM shop.customers")
    }
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for line in _read(connection, "SELECT * FROM shop.order_lines"):
        amounts[line["order_id"]].append(line["amount"])
    found = _read(
        connection,
        "SELECT id, account_id, customer_id, placed_on, state, archived, note,"
        " attributes::text FROM shop.orders",
    )
    kept = [
        {
            **row,
            "customer_name": names.get(row["customer_id"]),
            "lines": len(amounts[row["id"]]),
            "total": sum(amounts[row["id"]], Decimal(0)),
        }
        for row in found
        if row["account_id"] == account
    ]
    return sorted(kept, key=lambda row: (row["placed_on"], row["id"]))


def customers(connection: psycopg.Connection[Any], account: str) -> list[Row]:
    found = _read(
        connection,
        "SELECT id, account_id, name, archived, attributes::text FROM shop.customers",
    )
    kept = [row for row in found if row["account_id"] == account]
    return sorted(kept, key=lambda row: row["id"])


def refunds(connection: psycopg.Connection[Any], account: str) -> list[Row]:
    found = _read(connection, "SELECT * FROM shop.refunds")
    kept = [row for row in found if row["account_id"] == account]
    return sorted(kept, key=lambda row: (row["asked"], row["refund"].bytes))


READ = {"orders": orders, "customers": customers, "refunds": refunds}


def _read(connection: psycopg.Connection[Any], statement: str) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement).fetchall()  # type: ignore[arg-type]
