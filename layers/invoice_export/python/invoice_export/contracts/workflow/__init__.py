"""The messages between the state machine and its functions, a module for each step.

A function builds a class for every message that it imports, so it imports its own.
"""
