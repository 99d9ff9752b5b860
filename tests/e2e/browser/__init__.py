"""End-to-end tests of the inspector in a real browser."""
