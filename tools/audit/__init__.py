"""``make audit-verify``: finds what was changed in the audit log."""
