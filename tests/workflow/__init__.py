"""Tests of the state machine's file: its language, names and guarantees."""
