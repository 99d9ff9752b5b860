from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import boto3
import pytest
from botocore import auth
from botocore.session import Session

from invoice_export.settings import DatabaseSettings, FileSettings
from invoice_export.wiring import rds_password as rds_password_module
from invoice_export.wiring.files import make_files
from invoice_export.wiring.rds_password import rds_password


@pytest.fixture
def somewhere(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def link(**settings):
    files = make_files(FileSettings(files_bucket="files", **settings))
    url, _ = files.signed_url(
        "exports/org/run/invoices.csv",
        filename="invoices.csv",
        content_type="text/csv",
        lifetime=timedelta(minutes=5),
    )
    return urlsplit(url)


def test_link_of_an_account_leads_to_the_buckets_own_region(somewhere):
    assert link(s3_addressing_style="virtual").netloc == (
        "files.s3.eu-west-1.amazonaws.com"
    )


def test_link_of_a_local_engine_leads_to_the_engine(somewhere, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost.engine.example:4566")
    found = link()
    assert found.netloc == "localhost.engine.example:4566"
    assert found.path.startswith("/files/exports/")


def test_password_for_rds_is_the_one_that_boto3_generates(somewhere, monkeypatch):
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_, **__: now)
    monkeypatch.setattr(rds_password_module, "session", Session)
    expected = boto3.Session().client("rds").generate_db_auth_token("db", 5433, "app")
    assert rds_password(host="db", port=5433, user="app") == expected


def test_settings_are_the_variables_of_their_names(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://db")
    monkeypatch.setenv("DATABASE_IAM_AUTH", "true")
    settings = DatabaseSettings.read()
    assert (settings.database_url, settings.database_iam_auth) == (
        "postgresql://db",
        True,
    )


def test_missing_settings_are_named(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(ValueError, match="database_url"):
        DatabaseSettings.read()
