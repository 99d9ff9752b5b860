"""The messages of Compose File."""

from invoice_export.contracts.messages import Message


class ComposedFile(Message):
    """Answer of ``compose_file``."""

    object_key: str
    rows: int
    bytes: int
