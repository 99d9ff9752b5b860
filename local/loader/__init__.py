"""Loads a CSV of invoices into organisations; docs/load.md has the rules."""
