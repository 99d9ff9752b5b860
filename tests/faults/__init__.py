"""Injects a failure into every gap between two effects and checks the invariants."""
