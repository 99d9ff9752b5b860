"""Failures on purpose: every gap between two effects, and what must hold after it."""
