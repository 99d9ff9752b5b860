"""What the files are to a browser, by extension.

``csv.gz`` has no Content-Encoding: a browser would unpack it and save a file whose name
still ends in ``.gz``.
"""

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "csv.gz": "application/gzip",
    "json": "application/json",
}


def content_type(extension: str) -> str:
    """Return the media type of our own files."""
    return CONTENT_TYPES[extension]
