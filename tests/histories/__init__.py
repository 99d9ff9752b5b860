"""Histories of concurrent calls, checked against a sequential model."""
