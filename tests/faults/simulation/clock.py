"""A database whose clock the tests can set forward."""

from datetime import datetime
from typing import Any

import psycopg

OFFSET = """
CREATE SCHEMA IF NOT EXISTS clock;
CREATE TABLE IF NOT EXISTS clock.ahead (by interval NOT NULL);
TRUNCATE clock.ahead;
INSERT INTO clock.ahead VALUES ('0');
CREATE OR REPLACE FUNCTION clock.clock_timestamp() RETURNS timestamptz
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog
  RETURN pg_catalog.clock_timestamp() + (SELECT by FROM clock.ahead);
GRANT USAGE ON SCHEMA clock TO PUBLIC;
"""
# Functions and defaults were bound to the server's clock when they were made.
FUNCTIONS = """
SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p
WHERE p.pronamespace = 'invoice_export'::regnamespace
  AND p.prokind = 'f' AND pg_get_functiondef(p.oid) ~ 'clock_timestamp|search_path'
"""
DEFAULTS = """
SELECT d.adrelid::regclass::text AS relation, quote_ident(a.attname) AS column,
  pg_get_expr(d.adbin, d.adrelid) AS text
FROM pg_attrdef d JOIN pg_attribute a ON (a.attrelid, a.attnum) = (d.adrelid, d.adnum)
WHERE pg_get_expr(d.adbin, d.adrelid) ~ '(clock_timestamp|now)\\('
"""
SESSION = "invoice_export, pg_temp"


def install(admin: psycopg.Connection[Any]) -> None:
    """Give this database a clock of its own; functions and defaults read it."""
    admin.execute(OFFSET)
    for row in admin.execute(FUNCTIONS).fetchall():
        text = row["text"].replace(SESSION, f"clock, {SESSION}, pg_catalog")
        admin.execute(_by_own_clock(text))
    for row in admin.execute(DEFAULTS).fetchall():
        admin.execute(
            f"ALTER TABLE {row['relation']} ALTER {row['column']}"
            f" SET DEFAULT {_by_own_clock(row['text'])}"
        )


def _by_own_clock(text: str) -> str:
    plain = text.replace("clock.clock_timestamp()", "clock_timestamp()")
    plain = plain.replace("now()", "clock_timestamp()")
    return plain.replace("clock_timestamp()", "clock.clock_timestamp()")


def set_forward(admin: psycopg.Connection[Any], seconds: float) -> None:
    admin.execute(
        "UPDATE clock.ahead SET by = by + make_interval(secs => %s)", [seconds]
    )


def reset(admin: psycopg.Connection[Any], to_midnight: int) -> None:
    """Set the clock to so many seconds before a midnight, UTC, always the same.

    It lies ahead of the server's clock, so that all sample rows are of the past.
    """
    admin.execute(
        "UPDATE clock.ahead SET by = (date_trunc('day', now() AT TIME ZONE 'UTC')"
        " + interval '2 days') AT TIME ZONE 'UTC' - make_interval(secs => %s)"
        " - pg_catalog.clock_timestamp()",
        [to_midnight],
    )


def now(admin: psycopg.Connection[Any]) -> datetime:
    row = admin.execute("SELECT clock.clock_timestamp() AS now").fetchone()
    assert row is not None
    time: datetime = row["now"]
    return time
