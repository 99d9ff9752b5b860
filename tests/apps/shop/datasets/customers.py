"""Customers, whose ids grow with the time but come from many machines."""

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
    name="customers",
    label="Customers",
    query=read_query(__file__),
    organization="account_id",
    key=(Key("id", KeyType.TEXT),),
    columns=(
        Column("name", "name", Kind.TEXT),
        Column("archived", "archived", Kind.BOOLEAN),
        Column("attributes", "attributes", Kind.PLAIN),
        Column("id", "id", Kind.TEXT, label="Customer id", default=False),
    ),
    filters=(Filter("name"), Filter("archived")),
    words=Words("customer", "customers", "There are no customers yet."),
)
