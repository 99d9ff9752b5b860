"""Creates the bucket of audit digests."""

from invoice_export.adapters.digests import Digests
from invoice_export.settings import DigestSettings
from invoice_export.wiring.clients import make_client, prepare_client

prepare_client("s3")


def make_digests(settings: DigestSettings) -> Digests:
    """Return the bucket of audit digests."""
    return Digests(make_client("s3"), settings.digests_bucket)
