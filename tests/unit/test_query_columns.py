"""Each declaration that a query does not meet is told in a sentence of its own."""

from typing import Any

import pytest
from msgspec.structs import replace

from invoice_export.domain.dataset import Column, Filter, Key, KeyType, Kind
from invoice_export.domain.query_columns import misfits
from tests.driver import INVOICES

TIMESTAMPTZ = "timestamp with time zone"
TYPES = {
    "id": "uuid",
    "organization_id": "text",
    "number": "text",
    "customer_name": "character varying",
    "status": "text",
    "total": "numeric",
    "currency": "text",
    "created_at": TIMESTAMPTZ,
    "due_at": TIMESTAMPTZ,
    "inserted_at": TIMESTAMPTZ,
    "naive": "timestamp without time zone",
    "paid": "boolean",
    "day": "date",
}


def complaints(**changes: Any) -> list[str]:
    return list(misfits(replace(INVOICES, **changes), TYPES))


def test_shipped_dataset_fits() -> None:
    assert complaints() == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"organization": "tenant"},
            (
                "the query has no column 'tenant', which tells whose a row is: "
                "select it, or name another one as the organization"
            ),
        ),
        (
            {"key": (Key("serial", KeyType.BIGINT),)},
            "the query has no column 'serial' for the key: select it",
        ),
        (
            {"cut_off": Key("entered", KeyType.TIMESTAMP)},
            "the query has no column 'entered' for the cut-off: select it",
        ),
        (
            {"key": (Key("id", KeyType.BIGINT),)},
            (
                "the key 'id' is declared bigint, and the column of the query is uuid: "
                "declare that type, or cast the column"
            ),
        ),
        (
            {"cut_off": Key("naive", KeyType.TIMESTAMPTZ)},
            (
                "the cut-off 'naive' is declared timestamptz, and the column of the "
                "query is timestamp without time zone: declare that type, or cast the"
                " column"
            ),
        ),
        (
            {"columns": (Column("gone", "gone", Kind.TEXT),), "filters": ()},
            "column 'gone': the query has no column 'gone': select it",
        ),
        (
            {"columns": (Column("naive", "at", Kind.TIME),), "filters": ()},
            (
                "column 'at': Kind.TIME does not fit timestamp without time zone: "
                "declare Kind.LOCAL_TIME, and the dataset's zone"
            ),
        ),
        (
            {"columns": (Column("due_at", "at", Kind.LOCAL_TIME),), "filters": ()},
            (
                f"column 'at': Kind.LOCAL_TIME does not fit {TIMESTAMPTZ}: declare "
                "Kind.TIME"
            ),
        ),
        (
            {"columns": (Column("status", "n", Kind.NUMBER),), "filters": ()},
            (
                "column 'n': Kind.NUMBER does not fit text: declare another kind, or "
                "cast the column in the query"
            ),
        ),
        (
            {"filters": (Filter("paid", column="status", kind=Kind.BOOLEAN),)},
            (
                "filter 'paid': Kind.BOOLEAN does not fit text: declare another kind, "
                "or cast the column in the query"
            ),
        ),
    ],
)
def test_misfit_is_told_in_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert complaints(**changes) == [sentence]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, kind) for name in TYPES for kind in (Kind.TEXT, Kind.PLAIN)),
        ("total", Kind.NUMBER),
        ("paid", Kind.BOOLEAN),
        ("day", Kind.DATE),
        ("due_at", Kind.TIME),
        ("naive", Kind.LOCAL_TIME),
    ],
)
def test_kind_that_fits_is_accepted(name: str, kind: Kind) -> None:
    assert complaints(columns=(Column(name, "x", kind),), filters=()) == []
