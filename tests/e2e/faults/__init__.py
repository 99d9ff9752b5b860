"""Faults on the engine, with real processes."""
