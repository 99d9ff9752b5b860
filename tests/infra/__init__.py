"""The synthesised stack, without any engine."""
