"""A joined dataset over the sample application, and filtered requests for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

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

# The rows of such a request, written without the dataset.
EXPECTED_BILLED = """
SELECT trunc(total * 100)::text AS cents,
  (SELECT CASE WHEN %(shouted)s THEN upper(name) ELSE name END
   FROM organizations WHERE id = invoices.organization_id) AS seller,
  id::text AS id
FROM invoices
WHERE organization_id = %(organization)s
  AND (status = 'paid') = %(settled)s
  AND created_at >= %(since)s::date AT TIME ZONE 'UTC'
  AND inserted_at <= %(planned_at)s
ORDER BY created_at, id
"""


def expected_billed(run: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of that query for a run."""
    filters = run["request"]["filters"]
    return {
        "shouted": run["fingerprint"] == SHOUTED.fingerprint,
        "organization": run["organization_id"],
        "settled": filters["state"]["in"] == ["settled"],
        "since": filters["createdAt"]["from"],
        "planned_at": run["planned_at"],
    }
