"""Seeded histories: many processes, one thread, several faults at once."""
