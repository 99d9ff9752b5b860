"""Applies 0040_events.sql, which lies beside this file."""

from invoice_export.adapters.migrations import sql_beside

revision = "0040"
down_revision = "0030"
upgrade = sql_beside(__file__)
