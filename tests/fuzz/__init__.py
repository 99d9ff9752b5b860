"""Fuzzes the API, from its OpenAPI document and with arbitrary bytes."""
