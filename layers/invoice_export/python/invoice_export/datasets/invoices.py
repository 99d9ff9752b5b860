"""The sample application's invoices."""

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
    name="invoices",
    label="Invoices",
    default=True,
    query=read_query(__file__),
    organization="organization_id",
    key=(Key("created_at", KeyType.TIMESTAMPTZ), Key("id", KeyType.UUID)),
    cut_off=Key("inserted_at", KeyType.TIMESTAMPTZ),
    columns=(
        Column("id", "id", Kind.PLAIN, label="Invoice id"),
        Column("number", "number", Kind.TEXT),
        Column("customer_name", "customerName", Kind.TEXT, label="Customer"),
        # The table checks the words: no guard needed.
        Column(
            "status",
            "status",
            Kind.CHOICE,
            choices=("draft", "sent", "paid", "overdue"),
        ),
        Column("total", "total", Kind.NUMBER),
        Column("currency", "currency", Kind.TEXT),
        # Times are cheapest as the last two columns.
        Column("created_at", "createdAt", Kind.TIME, label="Created"),
        Column("due_at", "dueAt", Kind.TIME, label="Due"),
    ),
    filters=(
        Filter("status"),
        Filter("createdAt"),
        Filter("dueAt"),
        Filter("total"),
        Filter("currency"),
        Filter("customerName"),
        Filter("number"),
    ),
    words=Words(
        one="invoice",
        many="invoices",
        nothing_yet=(
            "There are no invoices to export yet. Create an invoice, then export again."
        ),
    ),
)
