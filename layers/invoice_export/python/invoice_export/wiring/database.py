"""Creates the database of the application's role."""

from invoice_export import datasets
from invoice_export.settings import DatabaseSettings
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from invoice_export.wiring.rds_password import rds_password


def make_database(settings: DatabaseSettings) -> Database:
    """Return the application's database; nothing is connected yet."""
    passwords = rds_password if settings.database_iam_auth else None
    return Database(connector(settings.database_url, passwords), datasets.load())
