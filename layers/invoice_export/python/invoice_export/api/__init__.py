"""The HTTP API: access, endpoints, and the form of answers."""
