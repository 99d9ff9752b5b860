"""Database tokens are sent only to a server with a verified certificate."""

import warnings
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from cryptography import x509

from invoice_export.store.connection import ROOTS, connector

URL = "postgresql://invoice_export_app@db.example:5432/invoice_export"


@pytest.fixture
def connections(monkeypatch):
    made = []
    monkeypatch.setattr(psycopg, "connect", lambda url, **about: made.append(about))
    return made


def test_signed_password_comes_with_a_verified_certificate(connections):
    asked = []

    def sign(**about):
        asked.append(about)
        return "token"

    connector(f"{URL}?sslmode=disable", sign)()
    (made,) = connections
    assert (made["password"], made["sslmode"]) == ("token", "verify-full")
    assert made["sslrootcert"] == str(ROOTS)
    assert asked == [{"host": "db.example", "port": 5432, "user": "invoice_export_app"}]


def test_nothing_is_prepared_and_nothing_set_for_the_session(connections):
    connector(URL)()
    (made,) = connections
    assert made["prepare_threshold"] is None
    assert "options" not in made


def test_roots_are_those_of_rds_and_none_ends_soon():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        roots = x509.load_pem_x509_certificates(ROOTS.read_bytes())
    names = [root.subject.rfc4514_string() for root in roots]
    for wanted in (
        "Amazon RDS us-east-1 Root CA RSA2048 G1",
        "Amazon RDS eu-central-1 Root CA RSA2048 G1",
        "Amazon Root CA 1",
    ):
        assert [name for name in names if wanted in name], wanted
    soon = datetime.now(UTC) + timedelta(days=180)
    assert all(root.not_valid_after_utc > soon for root in roots)
    now = datetime.now(UTC)
    assert all(root.not_valid_before_utc < now for root in roots)
