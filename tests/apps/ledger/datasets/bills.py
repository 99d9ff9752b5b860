"""Bills, with their customers' names and their statuses in words."""

from invoice_export.domain.dataset import (
    Column,
    Dataset,
    Filter,
    Key,
    KeyType,
    Kind,
    Words,
    read_query,
)

DATASET = Dataset(
    name="bills",
    label="Bills",
    default=True,
    query=read_query(__file__),
    organization="organization_id",
    key=(Key("created_at", KeyType.TIMESTAMP), Key("id", KeyType.BIGINT)),
    cut_off=Key("created_at", KeyType.TIMESTAMP),
    columns=(
        Column("id", "id", Kind.PLAIN, label="Bill id"),
        Column("number", "number", Kind.TEXT),
        Column("customer_name", "customerName", Kind.TEXT, label="Customer"),
        Column(
            "status", "status", Kind.CHOICE, choices=("draft", "open", "paid", "void")
        ),
        Column("total", "total", Kind.NUMBER),
        Column("created_at", "createdAt", Kind.LOCAL_TIME, label="Created"),
        Column("memo", "memo", Kind.TEXT, default=False),
        Column("paid_at", "paidAt", Kind.LOCAL_TIME, label="Paid"),
    ),
    filters=(
        Filter("status"),
        # A column of the query that is not in any file.
        Filter("statusCode", "status_code", Kind.NUMBER, whole=True),
        Filter("total"),
        Filter("createdAt"),
        Filter("paidAt"),
        Filter("customerName"),
        Filter("number"),
    ),
    words=Words("bill", "bills", "There are no bills yet."),
)
