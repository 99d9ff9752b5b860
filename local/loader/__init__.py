"""Loads a CSV of invoices into organisations; docs/load.md tells the rules."""
