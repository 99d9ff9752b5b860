"""Measurements of the data path: `make bench`."""
