"""A joined dataset over the sample application, and filtered requests for it."""

from invoice_export.contracts.requests import parse
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
SETTLED = parse(
    LABORATORY,
    {
        "dataset": "billed-amounts",
        "columns": ["cents", "seller", "id"],
        "filters": {"state": {"in": ["settled"]}, "createdAt": {"from": "2024-01-01"}},
    },
)
# The rows of that request, written without the dataset.
EXPECTED_SETTLED = """
SELECT trunc(total * 100)::text AS cents,
  (SELECT name FROM organizations WHERE id = invoices.organization_id) AS seller,
  id::text AS id
FROM invoices
WHERE organization_id = %s AND status = 'paid'
ORDER BY created_at, id
"""
