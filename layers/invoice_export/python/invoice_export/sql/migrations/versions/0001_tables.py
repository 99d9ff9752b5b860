"""Applies 0001_tables.sql, which lies beside this file."""

from invoice_export.adapters.migrations import sql_beside

revision = "0001"
down_revision = None
upgrade = sql_beside(__file__)
