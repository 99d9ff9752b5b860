"""A joined dataset over the sample application, and filtered requests for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from invoice_export.domain.dataset import (
    Column,
    Dataset,
    Datasets,
    Filter,
    Key,
    KeyType,
    Kind,
    Words,
)
from tests.driver import DATASETS

BILLED = Dataset(
    name="billed-amounts",
    label="Billed amounts",
    query="""
    SELECT i.id, i.organization_id, o.name AS seller, i.created_at, i.inserted_at,
      CASE i.status WHEN 'paid' THEN 'settled' ELSE 'open' END AS state,
      (i.total * 100)::bigint AS cents
    FROM sample.invoices i
    LEFT JOIN sample.organizations o ON o.id = i.organization_id
    """,
    organization="organization_id",
    key=(Key("created_at", KeyType.TIMESTAMPTZ), Key("id", KeyType.UUID)),
    cut_off=Key("inserted_at", KeyType.TIMESTAMPTZ),
    columns=(
        Column("id", "id", Kind.PLAIN),
        Column("seller", "seller", Kind.TEXT),
        Column("state", "state", Kind.CHOICE, choices=("settled", "open")),
        Column("cents", "cents", Kind.NUMBER, default=False),
        Column("created_at", "createdAt", Kind.TIME),
    ),
    filters=(Filter("state"), Filter("cents"), Filter("createdAt")),
    words=Words("statement", "billed amounts", "Nothing has been billed yet."),
)
LABORATORY = Datasets((*DATASETS.all, BILLED), DATASETS.directory)

# A later deployment shows other sellers under the same names.
SHOUTED = replace(
    BILLED, query=BILLED.query.replace("o.name AS seller", "upper(o.name) AS seller")
)
REDEPLOYED = Datasets((*DATASETS.all, SHOUTED), DATASETS.directory)


def billed(state: str, since: str) -> dict[str, Any]:
    """The options of a request for these rows."""
    return {
        "dataset": BILLED.name,
        "columns": ["cents", "seller", "id"],
        "filters": {"state": {"in": [state]}, "createdAt": {"from": since}},
    }


SETTLED = billed("settled", "2024-01-01")
OPEN = billed("open", "2024-01-01")
RECENT = billed("settled", "2024-01-16")
# All rows, with their times in a zone.
LOCAL = {
    "dataset": BILLED.name,
    "columns": ["createdAt", "cents", "seller", "id"],
    "dialect": {"timeZone": "Europe/Berlin"},
}

# The rows of a request, written without the dataset.
EXPECTED_BILLED = """
SELECT id::text AS id,
  (SELECT CASE WHEN %(shouted)s THEN upper(name) ELSE name END
   FROM organizations WHERE id = invoices.organization_id) AS seller,
  CASE WHEN status = 'paid' THEN 'settled' ELSE 'open' END AS state,
  trunc(total * 100) AS cents,
  created_at AS "createdAt"
FROM invoices
WHERE organization_id = %(organization)s
  AND (%(state)s::text IS NULL OR (status = 'paid') = (%(state)s = 'settled'))
  AND created_at >= %(since)s::date AT TIME ZONE 'UTC'
  AND inserted_at <= %(planned_at)s
ORDER BY created_at, id
"""
EXPECTED_INVOICES = """
SELECT id::text AS id, number, customer_name AS "customerName", status, total, currency,
  created_at AS "createdAt", due_at AS "dueAt"
FROM invoices
WHERE organization_id = %(organization)s AND inserted_at <= %(planned_at)s
ORDER BY created_at, id
"""


@dataclass(frozen=True)
class Expected:
    """What a file of a dataset should hold: its columns by kind, and its rows."""

    kinds: Mapping[str, str]
    rows: str
    # The columns of a request that names none.
    headers: Sequence[str]


INVOICE = {
    "id": "text",
    "number": "text",
    "customerName": "text",
    "status": "text",
    "total": "number",
    "currency": "text",
    "createdAt": "time",
    "dueAt": "time",
}
EXPECTED = {
    BILLED.name: Expected(
        {
            "id": "text",
            "seller": "text",
            "state": "text",
            "cents": "number",
            "createdAt": "time",
        },
        EXPECTED_BILLED,
        ["id", "seller", "state", "createdAt"],
    ),
    "invoices": Expected(INVOICE, EXPECTED_INVOICES, list(INVOICE)),
}


def expected_of(run: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of these queries for a run."""
    filters = run["request"].get("filters", {})
    assert run["dataset"] == BILLED.name or not filters
    return {
        "shouted": run["fingerprint"] == SHOUTED.fingerprint,
        "organization": run["organization_id"],
        "state": filters.get("state", {}).get("in", [None])[0],
        "since": filters.get("createdAt", {}).get("from", "1970-01-01"),
        "planned_at": run["planned_at"],
    }
