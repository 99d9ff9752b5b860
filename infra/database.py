"""Who may connect to the database as whom."""

from enum import StrEnum
from typing import Protocol

from aws_cdk import aws_lambda as lambda_

from infra.given import DatabaseAccess


class DatabaseRole(StrEnum):
    """The roles that sign in, by their names in PostgreSQL."""

    # The application's role owns nothing.
    APP = "invoice_export_app"
    # The schema's owner, for migrations only.
    OWNER = "invoice_export_owner"
    # The master user of the stack's own database: it makes the other two.
    ADMINISTRATOR = "invoice_export_administrator"


class Database(Protocol):
    """A PostgreSQL, and who may connect to it."""

    @property
    def access(self) -> DatabaseAccess:
        """The URLs that functions connect with."""

    def grant_connect(self, function: lambda_.IFunction, role: DatabaseRole) -> None:
        """Let a function connect as ``role``."""


class LocalDatabase:
    """The laptop's PostgreSQL. The password in the URL is all a function needs."""

    def __init__(self, access: DatabaseAccess) -> None:
        self.access = access

    def grant_connect(self, function: lambda_.IFunction, role: DatabaseRole) -> None:
        """Grant nothing: no AWS policy stands in the way."""
