"""Applies 0020_data_path.sql, which lies beside this file."""

from invoice_export.adapters.migrations import sql_beside

revision = "0020"
down_revision = "0010"
upgrade = sql_beside(__file__)
