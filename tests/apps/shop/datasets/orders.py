"""Orders, with the number and the sum of their lines."""

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
    name="orders",
    label="Orders",
    default=True,
    query=read_query(__file__),
    organization="account_id",
    key=(Key("placed_on", KeyType.DATE), Key("id", KeyType.TEXT)),
    columns=(
        Column("id", "id", Kind.TEXT, label="Order id"),
        Column("placed_on", "placedOn", Kind.DATE, label="Placed"),
        Column("customer_name", "customer", Kind.TEXT),
        Column("state", "state", Kind.CHOICE, choices=("new", "shipped", "returned")),
        Column("lines", "lines", Kind.NUMBER),
        Column("total", "total", Kind.NUMBER),
        Column("archived", "archived", Kind.BOOLEAN),
        Column("attributes", "attributes", Kind.PLAIN),
        Column("note", "note", Kind.TEXT),
    ),
    filters=(
        Filter("state"),
        Filter("placedOn"),
        Filter("archived"),
        Filter("lines"),
        Filter("total"),
        Filter("customer"),
        Filter("note"),
    ),
    words=Words("order", "orders", "There are no orders yet."),
)
