"""Measurements of speed, memory and cost: `make bench` and `make policy`."""
