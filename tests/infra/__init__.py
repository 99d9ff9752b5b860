"""Tests of the synthesised stack; they need no engine."""
