"""Applies 0050_settings.sql, which lies beside this file."""

from invoice_export.adapters.migrations import sql_beside

revision = "0050"
down_revision = "0040"
upgrade = sql_beside(__file__)
