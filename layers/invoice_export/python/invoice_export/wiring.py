"""Creates the adapters from a Lambda's settings; only this module creates clients."""

from typing import Any

import boto3
from botocore.config import Config

from invoice_export import datasets
from invoice_export.adapters import own_database
from invoice_export.adapters.event_queue import EventBus, EventQueue
from invoice_export.adapters.executions import Executions
from invoice_export.adapters.files import Files
from invoice_export.adapters.histories import Histories
from invoice_export.adapters.mail import ONE_ATTEMPT, Mailer
from invoice_export.settings import (
    DatabaseSettings,
    FileSettings,
    MailSettings,
    MigrateDatabaseSettings,
)
from invoice_export.store.connection import Connect, connector
from invoice_export.store.database import Database

# Short waits and a few quick retries: the state machine does the patient ones.
STANDARD = Config(
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=5,
    read_timeout=60,
)
SIGNATURE_V4 = STANDARD.merge(Config(signature_version="s3v4"))


def rds_password(*, host: str, port: int, user: str) -> str:
    """Sign a password for RDS IAM authentication, valid for 15 minutes."""
    return boto3.client("rds").generate_db_auth_token(host, port, user)


def database(settings: DatabaseSettings) -> Database:
    """Return the application's database; nothing is connected yet."""
    passwords = rds_password if settings.database_iam_auth else None
    return Database(connector(settings.database_url, passwords), datasets.load())


def owner_connection(settings: MigrateDatabaseSettings) -> Connect:
    """Return how to connect as the owner of the schema."""
    passwords = rds_password if settings.database_iam_auth else None
    return connector(settings.owner_database_url, passwords)


def prepare_database(settings: MigrateDatabaseSettings) -> None:
    """Prepare the stack's own database; a given one is ready."""
    if settings.administrator_database_url:
        passwords = rds_password if settings.database_iam_auth else None
        own_database.prepare(
            connector(settings.administrator_database_url, passwords),
            owner_connection(settings),
            rds_iam=settings.database_iam_auth,
        )


def files(settings: FileSettings) -> Files:
    """Return the bucket of parts and files."""
    style = Config(s3={"addressing_style": settings.s3_addressing_style})
    client = boto3.client("s3", config=SIGNATURE_V4.merge(style))
    return Files(client, settings.files_bucket)


def executions(state_machine_arn: str, alias: str = "") -> Executions:
    """Return the executions of this state machine, started through its alias."""
    client = boto3.client("stepfunctions", config=STANDARD)
    return Executions(client, state_machine_arn, alias)


def event_queue(url: str) -> EventQueue | None:
    """Return the event queue, or None on a stage without one."""
    return EventQueue(boto3.client("sqs", config=STANDARD), url) if url else None


def event_bus(name: str) -> EventBus:
    """Return the event bus."""
    return EventBus(boto3.client("events", config=STANDARD), name)


def histories(state_machine_arn: str) -> Histories:
    """Return the reader of this state machine's executions."""
    return Histories(boto3.client("stepfunctions", config=STANDARD), state_machine_arn)


def mailer(settings: MailSettings) -> Mailer:
    """Return the mailer; its client makes one attempt."""
    client: Any = boto3.client("ses", config=ONE_ATTEMPT)
    return Mailer(client, settings.sender_address, settings.ses_configuration_set)
