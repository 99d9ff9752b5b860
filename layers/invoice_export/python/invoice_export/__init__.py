"""The invoice export: domain, steps and adapters shared by every Lambda."""
