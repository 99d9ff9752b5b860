from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from invoice_export import wiring
from invoice_export.settings import FileSettings


@pytest.fixture
def somewhere(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def link(**settings):
    files = wiring.files(FileSettings(files_bucket="files", **settings))
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
