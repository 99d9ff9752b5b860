"""Injects faults into a running engine with real processes."""
