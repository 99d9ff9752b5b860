"""The formats of a file, and the media types of our objects.

``csv.gz`` has no Content-Encoding: a browser would unpack it and save a file whose name
still ends in ``.gz``.
"""

from enum import StrEnum

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "csv.gz": "application/gzip",
    "json": "application/json",
}


class FileFormat(StrEnum):
    """The format of a file; the value is its extension too."""

    CSV = "csv"
    CSV_GZ = "csv.gz"


def content_type(extension: str) -> str:
    """Return the media type of an object with this extension."""
    return CONTENT_TYPES[extension]
