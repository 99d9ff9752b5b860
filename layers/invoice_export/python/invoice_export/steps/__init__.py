"""One use case per file; each is called by exactly one kind of handler."""
