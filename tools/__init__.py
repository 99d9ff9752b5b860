"""Small tools for developers and for people who download an export."""
