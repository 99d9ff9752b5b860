"""Applies 0010_email_events.sql, which lies beside this file."""

from invoice_export.adapters.migrations import sql_beside

revision = "0010"
down_revision = "0003"
upgrade = sql_beside(__file__)
