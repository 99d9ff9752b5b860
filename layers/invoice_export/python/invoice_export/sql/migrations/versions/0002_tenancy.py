"""Applies 0002_tenancy.sql, which lies beside this file."""

from invoice_export.adapters.migrations import sql_beside

revision = "0002"
down_revision = "0001"
upgrade = sql_beside(__file__)
