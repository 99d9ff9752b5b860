"""The API fuzzed from its own description."""
