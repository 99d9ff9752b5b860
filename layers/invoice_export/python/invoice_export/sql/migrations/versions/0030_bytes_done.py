"""Applies 0030_bytes_done.sql, which lies beside this file."""

from invoice_export.adapters.migrations import sql_beside

revision = "0030"
down_revision = "0020"
upgrade = sql_beside(__file__)
