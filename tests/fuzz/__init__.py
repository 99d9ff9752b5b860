"""The API fuzzed: from its own description, and with any bytes."""
