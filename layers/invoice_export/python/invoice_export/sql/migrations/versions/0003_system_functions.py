"""Applies 0003_system_functions.sql, which lies beside this file."""

from invoice_export.adapters.migrations import sql_beside

revision = "0003"
down_revision = "0002"
upgrade = sql_beside(__file__)
