"""A dataset with a column of every kind, and random rows of it."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import psycopg

from invoice_export.adapters import views
from invoice_export.domain.dataset import (
    Column,
    Dataset,
    Datasets,
    Key,
    KeyType,
    Kind,
    Words,
)
from tests.driver import DATASETS
from tests.judges import random_values as draw
from tests.judges.random_values import Draw

ORGANIZATION, USER = "org_empty", "user_frank"
ZONE = "Europe/Berlin"


class Field(NamedTuple):
    """A column, the type of its values, and how to draw them."""

    name: str
    kind: Kind
    type: str
    draw: Draw
    edges: Sequence[str] = ()
    choices: tuple[str, ...] = ()


FIELDS = (
    Field("note", Kind.TEXT, "text", draw.text, ("", *draw.PIECES)),
    Field("word", Kind.CHOICE, "text", draw.word, choices=draw.WORDS),
    Field("exact", Kind.NUMBER, "numeric", draw.numeric, draw.NUMERICS),
    Field("whole", Kind.NUMBER, "bigint", draw.integer, draw.INTEGERS),
    Field("double", Kind.NUMBER, "double precision", draw.double, draw.FLOATS),
    Field("single", Kind.NUMBER, "real", draw.single, draw.SINGLES),
    Field("flag", Kind.BOOLEAN, "boolean", draw.flag),
    Field("structure", Kind.PLAIN, "jsonb", draw.structure),
    Field("span", Kind.PLAIN, "interval", draw.interval, draw.INTERVALS),
    Field("day", Kind.DATE, "date", draw.day, draw.DATES),
    Field("clock", Kind.LOCAL_TIME, "timestamp", draw.moment, draw.TIMES),
    Field("moment", Kind.TIME, "timestamptz", draw.moment, draw.TIMES),
)
HEADERS = [field.name for field in FIELDS]
DATASET = Dataset(
    name="every-kind",
    label="Every kind",
    default=False,
    query="SELECT * FROM invoice_export.judged",
    organization="organization_id",
    key=(Key("id", KeyType.BIGINT),),
    cut_off=None,
    zone=ZONE,
    columns=tuple(
        Column(field.name, field.name, field.kind, choices=field.choices)
        for field in FIELDS
    ),
    filters=(),
    words=Words("row", "rows", "There are no rows."),
)
JUDGED = Datasets((*DATASETS.all, DATASET), DATASETS.directory)

_CREATE = f"""
CREATE TABLE invoice_export.judged (
  organization_id text, id bigint,
  {", ".join(f"{field.name} {field.type}" for field in FIELDS)},
  PRIMARY KEY (organization_id, id)
);
GRANT SELECT ON invoice_export.judged TO invoice_export_system
"""
# Times as instants in UTC, without their zone.
_AS_TEXT = {
    Kind.TIME: "({} AT TIME ZONE 'UTC')::text",
    Kind.LOCAL_TIME: f"(({{}} AT TIME ZONE '{ZONE}') AT TIME ZONE 'UTC')::text",
}
_READ = f"""
SELECT {", ".join(_AS_TEXT.get(f.kind, "{}::text").format(f.name) for f in FIELDS)}
FROM invoice_export.judged ORDER BY id
"""

Texts = list[str | None]


def create(owner_url: str, rows: int, seed: int) -> list[Texts]:
    """Make the table, its view and random rows; return their texts in PostgreSQL."""
    source = Random(seed)
    marks = ", ".join(f"%s::text::{field.type}" for field in FIELDS)
    with psycopg.connect(owner_url) as owner:
        owner.execute("SET TimeZone = 'UTC'")
        owner.execute(_CREATE)
        with owner.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO invoice_export.judged VALUES (%s, %s, {marks})",
                (
                    [ORGANIZATION, number]
                    + [draw.value(source, f.draw, f.edges) for f in FIELDS]
                    for number in range(rows)
                ),
            )
        found = owner.execute(_READ).fetchall()
    views.apply(lambda: psycopg.connect(owner_url), JUDGED)
    return [list(row) for row in found]
