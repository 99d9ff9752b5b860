"""Tests of the synthesised stack, which need no engine."""
