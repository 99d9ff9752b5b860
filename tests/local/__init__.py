"""Tests of the laptop stack's parts, each for itself."""
