"""Connects as the owner of the schema."""

from invoice_export.adapters import own_database
from invoice_export.settings import OwnerSettings
from invoice_export.store.connection import Connect, connector
from invoice_export.wiring.rds_password import rds_password


def owner_connection(settings: OwnerSettings) -> Connect:
    """Return how to connect as the owner of the schema."""
    passwords = rds_password if settings.database_iam_auth else None
    return connector(settings.owner_database_url, passwords)


def prepare_database(settings: OwnerSettings) -> None:
    """Prepare the stack's own database; a given one is ready."""
    if settings.administrator_database_url:
        passwords = rds_password if settings.database_iam_auth else None
        own_database.prepare(
            connector(settings.administrator_database_url, passwords),
            owner_connection(settings),
            rds_iam=settings.database_iam_auth,
        )
