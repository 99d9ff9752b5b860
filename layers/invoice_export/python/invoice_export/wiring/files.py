"""Creates the bucket of parts and files."""

from invoice_export.adapters.files import Files
from invoice_export.settings import FileSettings
from invoice_export.wiring.clients import make_client, prepare_client

prepare_client("s3")


def make_files(settings: FileSettings) -> Files:
    """Return the bucket of parts and files."""
    client = make_client(
        "s3",
        signature_version="s3v4",
        s3={"addressing_style": settings.s3_addressing_style},
    )
    return Files(client, settings.files_bucket)
